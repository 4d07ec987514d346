module.exports = async ({ configVars }, { trigger }) => {
  const { subject, text } = trigger.results.body.data;
  const { words, base } = configVars.Weights;
  const said = `${subject} ${text}`.toLowerCase();
  const hits = Object.keys(words).filter((word) => said.includes(word));
  return { data: { hits, score: hits.reduce((sum, word) => sum + words[word], base) } };
};
