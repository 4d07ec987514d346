return function(ctx, payload)
  local title, file = payload.body.data.title, payload.body.data.file
  return { payload = { title = title.data, name = file.fileName, size = #file.data, file = file.data } }
end
