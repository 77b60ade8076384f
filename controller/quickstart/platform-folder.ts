import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Document, isMap, isSeq, parseAllDocuments } from "yaml";

/** What the examples of `manifests/platform` cannot know: where things are on this machine. */
export interface PlatformFacts {
  /** `postgres://127.0.0.1:<port>/orders` */
  readonly ordersDatabase: string;
  /** The folder under which Velvet may write files. */
  readonly filesRoot: string;
  /** `http://127.0.0.1:<port>/health/login` */
  readonly loginCheck: string;
}

/** The VendorAccounts of the quickstart, and how each is fitted to this machine. */
const FITTINGS: Readonly<Record<string, (account: Document, facts: PlatformFacts) => void>> = {
  "orders-postgres": (account, facts) => {
    account.setIn(["spec", "endpoint"], facts.ordersDatabase);
    account.setIn(["spec", "postgres", "sslMode"], "disable"); // the same machine, and a server without a certificate
  },
  "orders-files": (account, facts) => account.setIn(["spec", "file", "root"], facts.filesRoot),
  "orders-checks": (account, facts) => fitEndpoint(account, "orders-login", facts.loginCheck),
};

/** Copies the three accounts from `examples` to `folder`, comments and all, with this machine's places filled in. */
export async function makePlatformFolder(examples: string, folder: string, facts: PlatformFacts): Promise<void> {
  await mkdir(folder, { recursive: true });
  const missing = new Set(Object.keys(FITTINGS));
  for (const file of await readdir(examples)) {
    if (!file.endsWith(".yaml")) continue;
    for (const account of parseAllDocuments(await readFile(join(examples, file), "utf8"))) {
      const name = account.getIn(["metadata", "name"]);
      const fit = typeof name === "string" ? FITTINGS[name] : undefined;
      if (typeof name !== "string" || fit === undefined) continue;
      fit(account, facts);
      missing.delete(name);
      await writeFile(join(folder, `${name}.yaml`), account.toString({ lineWidth: 0, flowCollectionPadding: false }));
    }
  }
  if (missing.size > 0) throw new Error(`${examples} has no VendorAccount ${[...missing].join(", ")}`);
}

function fitEndpoint(account: Document, name: string, url: string): void {
  const endpoints = account.getIn(["spec", "endpoints"]);
  const items = isSeq(endpoints) ? endpoints.items : [];
  const index = items.findIndex((item) => isMap(item) && item.get("name") === name);
  if (index < 0)
    throw new Error(`the VendorAccount ${String(account.getIn(["metadata", "name"]))} has no endpoint ${name}`);
  account.setIn(["spec", "endpoints", index, "url"], url);
  account.setIn(["spec", "endpoints", index, "allowPrivate"], true);
}
