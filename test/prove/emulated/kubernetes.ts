import { openKubernetes, TOKEN } from "../../../adapters/kubernetes/emulator.ts";
import { kubernetes } from "../../../adapters/kubernetes/kubernetes.ts";
import { accountAt, kept, part, plugged } from "./parts.ts";
import type { EmulatedSetup, PlugOptions, SinkPlug } from "./plug.ts";

const BLOCK = { namespace: "orders", secret: "orders-app" };

async function openSecret({ now, clock }: PlugOptions): Promise<SinkPlug> {
  const vendor = await openKubernetes({ now });
  const connection = kubernetes.connect(accountAt(vendor.url, { token: TOKEN }), clock);
  return {
    ...plugged(vendor, connection, [vendor]),
    sink: part(connection.sink?.(BLOCK)),
    values: () => vendor.peek(BLOCK.namespace, BLOCK.secret),
    plant: (values) => vendor.plant(BLOCK.namespace, BLOCK.secret, values),
  };
}

export const KUBERNETES: Readonly<Record<string, EmulatedSetup>> = {
  "kubernetes-secret/1x": kept({ sink: "cas" }, openSecret),
};
