import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { anyKindSchema, editorFiles, kindSchema } from "../sources/manifest/editor.ts";
import { isKind } from "../sources/manifest/schema.ts";
import type { CommandContext } from "./command.ts";
import { CommandFailure } from "./failure.ts";

export interface SchemaOptions {
  readonly write?: string;
}

/** `velvet schema`. Needs no ledger and no environment. `kind` absent: all in one. Files that are there are replaced. */
export async function schemaCommand(
  { out }: Pick<CommandContext, "out">,
  kind: string | undefined,
  { write }: SchemaOptions,
): Promise<0> {
  if (write !== undefined) {
    const files = editorFiles().filter(({ schema }) => kind === undefined || schema["title"] === kind);
    await writeFiles(write, files);
    for (const { name } of files) out.line(join(write, name));
    return 0;
  }
  out.json(isKind(kind) ? kindSchema(kind) : anyKindSchema());
  return 0;
}

async function writeFiles(folder: string, files: ReturnType<typeof editorFiles>): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    for (const { name, schema } of files)
      await writeFile(join(folder, name), `${JSON.stringify(schema, undefined, 2)}\n`);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    throw new CommandFailure({
      happened: `The schemas cannot be written to ${folder}${code}.`,
      stillFine: "Nothing else was changed.",
      next: "Name a folder that your user may write to.",
    });
  }
}
