return function(ctx, steps)
  ctx.instanceState.count = ctx.instanceState.count + 1
  ctx.instanceState.added = "new"
  ctx.instanceState.gone = nil
  table.insert(ctx.crossFlowState.deep.list, 2)
  return { data = ctx.instanceState.count, executionState = { fresh = { true } } }
end
