/** Vitest's global setup: one API server for all test files of a run, unless none of them needs it. */
import type { TestProject } from "vitest/node";
import type { Place } from "./access.ts";
import { findBinaries } from "./binaries.ts";
import { startApiServer } from "./server.ts";

export type Shared = { readonly place: Place } | { readonly lacking: string } | { readonly unused: true };

declare module "vitest" {
  interface ProvidedContext {
    kubernetes: Shared;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const nothing = (): Promise<void> => Promise.resolve();
  const { testFiles } = await project.globTestFiles(filtersOf(project));
  if (!testFiles.some((file) => file.endsWith(".kubernetes.test.ts"))) {
    project.provide("kubernetes", { unused: true });
    return nothing;
  }
  const found = await findBinaries();
  if ("lacking" in found) {
    console.log(`Nothing is tested against a real API server: ${found.lacking}`);
    project.provide("kubernetes", found);
    return nothing;
  }
  const server = await startApiServer();
  project.provide("kubernetes", { place: server.place });
  return async () => server[Symbol.asyncDispose]();
}

/** What was asked for on the command line. Vitest does not promise this field: without it, the server is started for nothing. */
function filtersOf({ vitest }: TestProject): string[] {
  const filters: unknown = Reflect.get(vitest, "filenamePattern");
  return Array.isArray(filters) ? filters.map(String) : [];
}
