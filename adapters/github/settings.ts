/** The account's block, with what it leaves out. */
import type { GithubAccount } from "../../crds/kinds.gen.ts";

export const VENDOR = "github";

export interface AppLogin {
  readonly appId: number;
  readonly installationId: number;
}

export interface Settings {
  readonly app: AppLogin | undefined;
  readonly apiVersion: string;
  readonly maxSecretBytes: number;
  /** After a secondary rate limit that does not say for how long. */
  readonly secondaryWaitMs: number;
  readonly timeoutMs: number;
}

export function settingsOf(block: GithubAccount): Settings {
  return {
    app: block.app,
    apiVersion: block.apiVersion ?? "2022-11-28",
    maxSecretBytes: block.maxSecretBytes ?? 49_152,
    secondaryWaitMs: (block.secondaryWaitSeconds ?? 60) * 1000,
    timeoutMs: (block.timeoutSeconds ?? 20) * 1000,
  };
}
