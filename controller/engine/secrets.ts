/** Where the secrets of accounts come from: the environment, or files inside the operator's accounts directory. */
import { readFileSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { Secret } from "../../adapters/secret.ts";
import type { SecretLookup } from "./accounts.ts";

const LARGEST = 65_536;

/** A file is read anew each time, so that a mounted secret that was rotated is seen. A link that leaves the directory is not followed. */
export function accountSecrets(
  fromEnvironment: (variable: string) => Secret | undefined,
  directory: string | undefined,
): SecretLookup {
  return ({ env, file }) => {
    if (env !== undefined) return fromEnvironment(env);
    if (file !== undefined && directory !== undefined) return readInside(directory, file);
    return undefined;
  };
}

function readInside(directory: string, file: string): Secret | undefined {
  try {
    const root = realpathSync(directory);
    const path = realpathSync(join(root, file));
    if (!path.startsWith(root + sep)) return undefined;
    const bytes = readFileSync(path);
    if (bytes.length > LARGEST) return undefined;
    // A file's last line break is the editor's, not the secret's.
    return Secret.from(bytes.toString("utf8").replace(/\r?\n$/, ""));
  } catch {
    return undefined;
  }
}
