const BREAKS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** One line without control characters, of at most so many characters; what was cut ends with an ellipsis. */
export function oneLine(text: string, max: number): string {
  const line = text.slice(0, max + 1).replaceAll(BREAKS, " ");
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}

/** One line of at most so many bytes as UTF-8, never cut within a character. */
export function oneLineOfBytes(text: string, maxBytes: number): string {
  const line = oneLine(text, maxBytes);
  const bytes = Buffer.from(line, "utf8");
  if (bytes.length <= maxBytes) return line;
  let end = maxBytes - 3;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.subarray(0, end).toString("utf8")}…`;
}
