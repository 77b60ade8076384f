/** The public key that people seal to: from a file, from the cluster, or from the ledger. */
import { readFile } from "node:fs/promises";
import { installOf } from "../ledger/credentials.ts";
import type { CommandContext } from "./command.ts";
import { misuse } from "./failure.ts";

export interface SealingKey {
  readonly install: string;
  /** `k1:<32 bytes in base64>`. */
  readonly key: string;
}

export interface KeyOptions {
  readonly keyFile?: string;
  /** Where the controller runs, on a cluster. */
  readonly controllerNamespace?: string;
}

/** Throws `CommandFailure` where there is none, and `NoLedger` where nothing says where to look. */
export async function sealingKey(context: CommandContext, options: KeyOptions): Promise<SealingKey> {
  if (options.keyFile !== undefined) return keyIn(options.keyFile);
  const { cluster } = context;
  if (!cluster) return keyInLedger(context);
  const [{ withCluster }, { publishedKey }] = await Promise.all([
    import("./cluster/open.ts"),
    import("./cluster/published-key.ts"),
  ]);
  return withCluster(context, cluster, async (open) => publishedKey(open, options.controllerNamespace));
}

async function keyInLedger(context: CommandContext): Promise<SealingKey> {
  const { withLedger } = await import("./ledger.ts");
  const install = await withLedger(context, installOf);
  if (install) return { install: install.id, key: install.sealingKey };
  throw misuse("This ledger has no sealing key yet.", "Start the controller once: it makes the key.");
}

/** Undefined where the text is no `<install>/<public key>`, as `velvet seal --print-key` prints it. */
export function parseSealingKey(text: string): SealingKey | undefined {
  const [, install, key] = /^([a-z0-9-]+)\/(k\d+:[A-Za-z0-9+/]{43}=)\s*$/.exec(text) ?? [];
  return install === undefined || key === undefined ? undefined : { install, key };
}

async function keyIn(path: string): Promise<SealingKey> {
  const text = await readFile(path, "utf8").catch(() => "");
  const found = parseSealingKey(text);
  if (found) return found;
  throw misuse(`${path} holds no sealing key.`, "Write it with `velvet seal --print-key`.");
}
