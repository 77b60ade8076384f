/** `velvet request --apply`: the request becomes an object, and the person learns what comes next. */
import type { CommandContext, ExitCode } from "../command.ts";
import { deliver } from "../manifest.ts";
import { printable } from "../output.ts";
import type { RequestManifest, RequestOptions } from "../request.ts";
import { create, myName } from "./create.ts";
import { type OpenCluster, withCluster } from "./open.ts";
import { CREDENTIALS, listIfAllowed } from "./resources.ts";

export async function applyRequest(
  context: CommandContext,
  draft: (requestedBy: string, namespace: string) => RequestManifest,
  options: RequestOptions,
): Promise<ExitCode> {
  const { out } = context;
  return withCluster(context, context.cluster ?? {}, async (cluster): Promise<ExitCode> => {
    const requestedBy = options.requestedBy ?? (await myName(cluster));
    const namespace = options.namespace ?? cluster.namespace;
    const manifest = draft(requestedBy, namespace);
    if (options.output === "yaml") {
      await deliver(out, manifest, undefined);
      out.note("Nothing was created.");
      return 0;
    }
    const created = await create(cluster, context, manifest, options.dryRun);
    await sayIfAlone(cluster, context, manifest, namespace);
    if (!created) return 0;
    const place = printable(`${namespace}/${manifest.name}`);
    out.note(
      `Wait for its end with \`velvet wait ${place} --timeout 1h\`, or until a person is needed with --for gate.`,
    );
    out.note(`See what it does with \`velvet describe ${place}\`.`);
    return 0;
  });
}

/** It may well come before its Credential; or its name was mistyped. */
async function sayIfAlone(
  cluster: OpenCluster,
  { out }: Pick<CommandContext, "out">,
  { spec }: RequestManifest,
  namespace: string,
): Promise<void> {
  const { name } = spec.credentialRef;
  const found = await listIfAllowed(cluster, CREDENTIALS, { namespace, fieldSelector: `metadata.name=${name}` });
  if (found?.length !== 0) return;
  out.note(
    printable(`There is no Credential ${name} in ${namespace} yet: the request waits for one, until its deadline.`),
  );
}
