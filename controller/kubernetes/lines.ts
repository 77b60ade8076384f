/** A line is longer than it may be. */
export class LineTooLong extends Error {
  override readonly name = "LineTooLong";
}

/** The stream ended within a line. */
export class LineCut extends Error {
  override readonly name = "LineCut";
}

/**
 * Lines of a stream of bytes, without their ends; empty ones are left out. At most `maxBytes` are held. Throws LineTooLong, and LineCut
 * when the stream ends before the line does.
 */
export async function* lines(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      if (held + end > maxBytes) throw new LineTooLong();
      const line = Buffer.concat([...parts, rest.subarray(0, end)]).toString("utf8");
      parts = [];
      held = 0;
      rest = rest.subarray(end + 1);
      if (line.trim() !== "") yield line;
    }
    held += rest.length;
    if (held > maxBytes) throw new LineTooLong();
    if (rest.length > 0) parts.push(rest);
  }
  if (held > 0) throw new LineCut();
}
