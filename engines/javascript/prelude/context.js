// The parts of a step's context that are functions: debug and invokeFlow.
function newDebug() {
  const enabled = host.debugEnabled();
  const results = { timeElapsed: { marks: {}, measurements: {} }, memoryUsage: [] };
  const timeElapsed = {
    mark(context, label) { results.timeElapsed.marks[label === undefined ? context : label] = host.now(); },
    measure(context, label, marks) {
      if (typeof context === 'string') [label, marks] = [context, label];
      const { start, end } = marks || {};
      const at = results.timeElapsed.marks;
      results.timeElapsed.measurements[label] = { marks: { start, end }, duration: (end in at ? at[end] : host.now()) - (start in at ? at[start] : 0) };
    },
  };
  const memoryUsage = (context, label, showDetail) => {
    const megabytes = host.memoryUsage() / 1048576;
    results.memoryUsage.push(showDetail ? { mark: label, rss: megabytes, detail: { heapUsed: megabytes } } : { mark: label, rss: megabytes });
  };
  return { enabled, timeElapsed, memoryUsage, results };
}

function invokeFlow(flowName, data, options) {
  return new Promise((resolve, reject) => {
    host.invokeFlow(String(flowName), data, options, (error, status, headers, answer) => {
      if (error) return reject(error);
      const folded = {};
      for (let i = 0; i < headers.length; i += 2) folded[headers[i].toLowerCase()] = headers[i + 1];
      resolve({ status, headers: folded, data: answer });
    });
  });
}

Object.defineProperty(exports, 'debug', { get: newDebug });
exports.invokeFlow = invokeFlow;
