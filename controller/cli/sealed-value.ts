/** A value that a person has, as it comes into a command: from stdin or a file, never from an argument, and printed nowhere. */
import { createReadStream } from "node:fs";
import type { SecretFields } from "../../adapters/secret.ts";
import { Secret } from "../../adapters/secret.ts";
import type { CommandContext } from "./command.ts";
import { misuse } from "./failure.ts";

export interface ValueOptions {
  readonly file?: string;
  readonly field: string;
  readonly json?: boolean;
}

const LARGEST = 65_536;

export async function readValue(context: CommandContext, options: ValueOptions): Promise<SecretFields> {
  const stream = options.file === undefined ? context.stdin : createReadStream(options.file);
  if (stream === undefined || ("isTTY" in stream && stream.isTTY === true)) {
    throw misuse("No value was given, and a terminal would show it.", "Pipe it in, or name a file with --file.");
  }
  const text = (await atMost(stream, options.file)).replace(/\r?\n$/, "");
  if (text === "") throw misuse("The value is empty.", "Pipe it in, or name a file with --file.");
  return options.json === true ? fieldsIn(text) : { [options.field]: Secret.from(text) };
}

async function atMost(stream: AsyncIterable<Uint8Array>, file: string | undefined): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of stream) {
      size += part.length;
      if (size > LARGEST) throw misuse(`The value is larger than ${LARGEST} bytes.`, "Seal what is really one value.");
      parts.push(part);
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw misuse(`${file ?? "stdin"} cannot be read (${String(error.code)}).`, "Name a file that is there.");
  }
  return Buffer.concat(parts).toString("utf8");
}

/** Its text is never shown, not even where it is broken. */
function fieldsIn(text: string): SecretFields {
  const wrong = misuse("The input is not a JSON object of texts.", 'It looks like {"id": "…", "secret": "…"}.');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw wrong;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw wrong;
  const entries = Object.entries(parsed);
  if (entries.length === 0) throw wrong;
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (typeof value !== "string" || value === "") throw wrong;
      return [name, Secret.from(value)];
    }),
  );
}
