import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { SecretFields } from "../../adapters/secret.ts";
import { Secret } from "../../adapters/secret.ts";
import { sealBox } from "../custody/box.ts";
import { installOf, listCredentials } from "../ledger/credentials.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { misuse } from "./failure.ts";
import { withLedger } from "./ledger.ts";
import { namedBy } from "./names.ts";

export interface SealOptions {
  readonly namespace?: string;
  readonly file?: string;
  readonly field: string;
  readonly json?: boolean;
  readonly keyFile?: string;
  readonly printKey?: boolean;
}

/** What is sealed to, and for whom. `key` is `<install>/<public key>`, as `--print-key` prints it. */
interface Target {
  readonly install: string;
  readonly key: string;
  readonly namespace: string;
  readonly credential: string;
}

const LARGEST = 65_536;

/** `velvet seal`. The value comes from stdin or a file, never from an argument, and is printed nowhere. */
export async function sealCommand(
  context: CommandContext,
  credential: string | undefined,
  options: SealOptions,
): Promise<ExitCode> {
  if (options.printKey === true) {
    const { id, sealingKey } = await installHere(context);
    context.out.line(`${id}/${sealingKey}`);
    return 0;
  }
  if (credential === undefined) throw misuse("No Credential was named.", "Run `velvet seal <credential>`.");
  const target = await targetOf(context, credential, options);
  const value = await readValue(context, options);
  const { install, key, namespace } = target;
  context.out.line(sealBox(key, { install, namespace, credential: target.credential }, value));
  return 0;
}

async function installHere(context: CommandContext): Promise<{ id: string; sealingKey: string }> {
  const install = await withLedger(context, installOf);
  if (install) return install;
  throw misuse("This ledger has no sealing key yet.", "Start the controller once: it makes the key.");
}

async function targetOf(context: CommandContext, named: string, options: SealOptions): Promise<Target> {
  const { name: credential, namespace } = namedBy(named, options.namespace);
  if (options.keyFile !== undefined) {
    if (namespace === undefined) throw misuse("Without the ledger the namespace is not known.", "Name it with -n.");
    return { ...(await keyIn(options.keyFile)), namespace, credential };
  }
  const { id, sealingKey } = await installHere(context);
  const filter = { name: credential, ...(namespace === undefined ? {} : { namespace }) };
  const found = await withLedger(context, async (db) => listCredentials(db, filter));
  const [only] = found;
  if (!only) throw misuse(`There is no Credential ${named}.`, "Look at `velvet plan` for those that there are.");
  if (found.length > 1) {
    const places = found.map((each) => each.namespace).join(", ");
    throw misuse(`There is a Credential ${credential} in several namespaces: ${places}.`, "Name one with -n.");
  }
  return { install: id, key: sealingKey, namespace: only.namespace, credential };
}

async function keyIn(path: string): Promise<{ install: string; key: string }> {
  const text = await readFile(path, "utf8").catch(() => "");
  const [, install, key] = /^([a-z0-9-]+)\/(k\d+:[A-Za-z0-9+/]{43}=)\s*$/.exec(text) ?? [];
  if (install === undefined || key === undefined) {
    throw misuse(`${path} holds no sealing key.`, "Write it with `velvet seal --print-key`.");
  }
  return { install, key };
}

async function readValue(context: CommandContext, options: SealOptions): Promise<SecretFields> {
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
