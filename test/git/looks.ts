/** A git source under test, and what its looks say. */
import { join } from "node:path";
import { gitSource, type GitSourceOptions } from "../../controller/sources/git/source.ts";
import type { Source, SourceLook } from "../../controller/sources/look.ts";
import { readLoosely } from "./manifests.ts";
import type { TestRemote } from "./remote.ts";

export const { signal } = new AbortController();

export function sourceOf(remote: TestRemote, options: Partial<GitSourceOptions> = {}): Source {
  return gitSource({
    name: "git",
    url: remote.path,
    branch: "main",
    namespaces: "teams/*=*",
    cacheFolder: join(remote.folder, "cache"),
    inherited: process.env,
    read: readLoosely,
    ...options,
  });
}

/** A look that must find something, and that is accepted. */
export async function lookAt(source: Source, cursor?: string): Promise<SourceLook> {
  const look = await source.look(cursor, signal);
  if (look === undefined) throw new Error("nothing changed");
  source.accepted(look);
  return look;
}

export const names = (look: SourceLook) =>
  look.documents.map((document) => `${document.namespace}/${document.name}`).sort();
export const codes = (look: SourceLook) =>
  look.problems.map((problem) => `${problem.path}:${problem.line} ${problem.code}`).sort();
