/** The manifests of one team, `orders`, merged one after the other. */
import { randomUUID } from "node:crypto";
import type { Db } from "../../controller/ledger/db.ts";
import type { DesiredDocument } from "../../controller/sources/look.ts";
import { syncSource } from "../../controller/sources/sync.ts";

type Kind = DesiredDocument["kind"];

export interface Orders {
  /** Adds one, and synchronises all. An account is for this team. */
  add(this: void, kind: Kind, name: string, spec: object): Promise<void>;
  /** All of a kind, at the next addition. */
  forget(this: void, kind: Kind): void;
}

export function ordersOn(db: Db): Orders {
  let documents: readonly DesiredDocument[] = [];
  return {
    add: async (kind, name, given) => {
      const isAccount = kind === "VendorAccount";
      const spec = isAccount ? { ...given, allow: [{ namespaces: ["orders"] }] } : given;
      const origin = { path: `${name}.yaml`, line: 1 };
      documents = [...documents, { kind, namespace: isAccount ? "" : "orders", name, spec, origin }];
      const cursor = randomUUID();
      await syncSource(db, { source: "test", kind: "git", cursor, trust: "claimed", documents, problems: [] });
    },
    forget: (kind) => {
      documents = documents.filter((each) => each.kind !== kind);
    },
  };
}
