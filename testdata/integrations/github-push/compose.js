const firstLine = (text) => text.split("\n", 1)[0];

const describe = ({ id, message, author }) => `• \`${id.slice(0, 7)}\` ${firstLine(message)} — ${author.username || author.name}`;

module.exports = async ({ configVars }, { receiveGithubEvents }) => {
  const { headers, body } = receiveGithubEvents.results;
  if (headers["x-github-event"] !== "push") {
    return { data: null };
  }
  const { repository, ref, pusher, commits, compare, forced } = body.data;
  const most = configVars["Most Commits"];
  const branch = ref.replace(/^refs\/(heads|tags)\//, "");
  const count = commits.length === 1 ? "1 commit" : `${commits.length} commits`;
  const lines = [
    `*${pusher.name}* ${forced ? "force-pushed" : "pushed"} ${count} to *${branch}* of ${repository.full_name}`,
    ...commits.slice(0, most).map(describe),
  ];
  if (commits.length > most) {
    lines.push(`… and ${commits.length - most} more`);
  }
  lines.push(compare);
  return { data: lines.join("\n") };
};
