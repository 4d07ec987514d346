module.exports = async (context, payload) => {
  return {
    payload: {
      upper: payload.headers["X-GitHub-Event"],
      lower: payload.headers["x-github-event"],
      absent: payload.headers["X-Absent"] === undefined,
      names: Object.keys(payload.headers).sort(),
    },
  };
};
