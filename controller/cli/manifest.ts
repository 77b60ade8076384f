import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { RotationDecisionSpec, RotationRequestSpec } from "../../crds/kinds.gen.ts";
import { readManifests } from "../sources/manifest/read.ts";
import { CommandFailure, misuse } from "./failure.ts";
import type { Output } from "./output.ts";

/** A manifest that a command fills in for a person to merge or apply. */
export type DraftManifest = { readonly name: string; readonly namespace?: string } & (
  | { readonly kind: "RotationRequest"; readonly spec: RotationRequestSpec }
  | { readonly kind: "RotationDecision"; readonly spec: RotationDecisionSpec }
);

/** The spec as a source would read it from the manifest, defaults filled in. Throws as `manifestText` does. */
export function manifestSpec(manifest: Extract<DraftManifest, { kind: "RotationDecision" }>): RotationDecisionSpec {
  const { documents } = readManifests(
    { path: `${manifest.name}.yaml`, text: manifestText(manifest) },
    { tree: "tenant" },
  );
  const [document] = documents;
  if (document?.kind !== "RotationDecision") throw new Error("a manifest that was just written cannot be read");
  return document.spec as RotationDecisionSpec;
}

/** The manifest as YAML. Throws `CommandFailure` with every problem where the schema would refuse it. */
export function manifestText({ kind, name, namespace, spec }: DraftManifest): string {
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  const text = stringify(
    { apiVersion: "velvet.raxx.app/v1alpha1", kind, metadata, spec },
    { lineWidth: 0, compat: "yaml-1.1" },
  );
  const { problems } = readManifests({ path: `${name}.yaml`, text }, { tree: "tenant" });
  if (problems.length > 0) {
    const said = problems.map(({ message, suggestion }) => `  ${message}${suggestion ? ` (${suggestion})` : ""}`);
    throw misuse(
      [`This ${kind} would be refused:`, ...said].join("\n"),
      "Correct the options above; nothing was written.",
    );
  }
  return text;
}

/** Writes the manifest to stdout, or to `<folder>/<name>.yaml`, which must not exist yet: requests and decisions never change. */
export async function deliver(out: Output, manifest: DraftManifest, folder: string | undefined): Promise<void> {
  const text = manifestText(manifest);
  if (folder === undefined) return out.raw(text);
  const path = join(folder, `${manifest.name}.yaml`);
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(path, text, { flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw new CommandFailure({
      happened: `${path} exists already.`,
      stillFine: "It was not touched: requests and decisions are immutable, and their names are used once.",
      next: "Give this one another name with --name.",
    });
  }
  out.note(`Wrote ${path}. Merge it to the watched branch, or apply it with kubectl.`);
}
