/** `velvet request --apply`: the request becomes an object, and the person learns what comes next. */
import type { CommandContext, ExitCode } from "../command.ts";
import { deliver } from "../manifest.ts";
import { printable } from "../output.ts";
import type { RequestManifest, RequestOptions } from "../request.ts";
import { create, myName } from "./create.ts";
import { withCluster } from "./open.ts";

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
    if (!(await create(cluster, context, manifest, options.dryRun))) return 0;
    const place = printable(`${namespace}/${manifest.name}`);
    out.note(
      `Wait for its end with \`velvet wait ${place} --timeout 1h\`, or until a person is needed with --for gate.`,
    );
    out.note(`See what it does with \`velvet describe ${place}\`.`);
    return 0;
  });
}
