import { sealBox } from "../custody/box.ts";
import { listCredentials } from "../ledger/credentials.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { misuse } from "./failure.ts";
import { namedBy } from "./names.ts";
import { readValue, type ValueOptions } from "./sealed-value.ts";
import { type KeyOptions, sealingKey } from "./sealing-key.ts";

export interface SealOptions extends ValueOptions, KeyOptions {
  readonly namespace?: string;
  readonly printKey?: boolean;
}

/** For whom it is sealed: only there does it open. */
interface Target {
  readonly namespace: string;
  readonly credential: string;
}

/** `velvet seal`. The value comes from stdin or a file, never from an argument, and is printed nowhere. */
export async function sealCommand(
  context: CommandContext,
  credential: string | undefined,
  options: SealOptions,
): Promise<ExitCode> {
  if (options.printKey === true) {
    const { install, key } = await sealingKey(context, options);
    context.out.line(`${install}/${key}`);
    return 0;
  }
  if (credential === undefined) throw misuse("No Credential was named.", "Run `velvet seal <credential>`.");
  const target = await targetOf(context, credential, options);
  const { install, key } = await sealingKey(context, options);
  const value = await readValue(context, options);
  context.out.line(sealBox(key, { install, ...target }, value));
  return 0;
}

async function targetOf(context: CommandContext, named: string, options: SealOptions): Promise<Target> {
  const { name: credential, namespace } = namedBy(named, options.namespace);
  const { cluster } = context;
  if (options.keyFile !== undefined) {
    if (namespace === undefined) throw misuse("Without the ledger the namespace is not known.", "Name it with -n.");
    return { namespace, credential };
  }
  if (!cluster) return targetInLedger(context, named, credential, namespace);
  const [{ withCluster }, { credentialIn }] = await Promise.all([
    import("./cluster/open.ts"),
    import("./cluster/desk.ts"),
  ]);
  return withCluster(context, cluster, async (open) => {
    const { metadata } = await credentialIn(open, named, options.namespace);
    return { namespace: metadata.namespace ?? open.namespace, credential: metadata.name };
  });
}

async function targetInLedger(
  context: CommandContext,
  named: string,
  credential: string,
  namespace: string | undefined,
): Promise<Target> {
  const { withLedger } = await import("./ledger.ts");
  const filter = { name: credential, ...(namespace === undefined ? {} : { namespace }) };
  const found = await withLedger(context, async (db) => listCredentials(db, filter));
  const [only] = found;
  if (!only) throw misuse(`There is no Credential ${named}.`, "Look at `velvet plan` for those that there are.");
  if (found.length > 1) {
    const places = found.map((each) => each.namespace).join(", ");
    throw misuse(`There is a Credential ${credential} in several namespaces: ${places}.`, "Name one with -n.");
  }
  return { namespace: only.namespace, credential };
}
