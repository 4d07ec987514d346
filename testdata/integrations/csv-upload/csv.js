// RFC 4180: fields may be quoted, a quote inside is doubled, a quoted field may hold line breaks.
exports.parse = (text) => {
  const records = [[]];
  const field = /("((?:[^"]|"")*)"|[^",\r\n]*)(,|\r?\n|$)/y;
  const source = text.replace(/^\ufeff/, "").replace(/\r?\n$/, "");
  for (let end = false; !end; ) {
    const found = field.exec(source);
    if (!found) {
      throw new Error(`not CSV: record ${records.length} has a quote in the wrong place`);
    }
    const [, plain, quoted, separator] = found;
    records[records.length - 1].push(quoted === undefined ? plain : quoted.replace(/""/g, '"'));
    end = separator === "";
    if (separator !== "," && !end) {
      records.push([]);
    }
  }
  return records;
};

const quote = (field) => (/[",\r\n]/.test(field) ? `"${field.replace(/"/g, '""')}"` : field);

exports.format = (records) => records.map((record) => record.map(quote).join(",") + "\r\n").join("");

// rowsOf gives objects by column name.
exports.rowsOf = ([columns, ...records]) =>
  records.map((record) => Object.fromEntries(columns.map((column, i) => [column, record[i] ?? ""])));
