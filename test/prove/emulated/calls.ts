/** Every method of a real adapter, as a call with the label that the engine gives it. */
import type { Detection, Issuer, Sink } from "../../../adapters/contract.ts";
import type { IssuerPlug, SinkPlug } from "./plug.ts";

export interface RemoteCall {
  readonly label: string;
  readonly target: string;
  /** Only requests that change something are caught. */
  readonly changing: boolean;
  readonly plug: IssuerPlug | SinkPlug;
  /** Of a mint. */
  readonly marker?: string;
}

export type Serve = <T>(call: RemoteCall, signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

export function issuerThrough(plug: IssuerPlug, serve: Serve): Issuer {
  const { issuer } = plug;
  const look = (label: string, target = ""): RemoteCall => ({ label, target, plug, changing: false });
  const change = (label: string, target: string): RemoteCall => ({ label, target, plug, changing: true });
  const [read, moveGrace, restore, usage] = [
    issuer.read?.bind(issuer),
    issuer.moveGrace?.bind(issuer),
    issuer.restore?.bind(issuer),
    issuer.usage?.bind(issuer),
  ];
  return {
    ...issuer,
    list: async (signal) => serve(look("issuer.list"), signal, async () => issuer.list(signal)),
    verify: async (value, signal) => serve(look("issuer.verify"), signal, async () => issuer.verify(value, signal)),
    identify: async (value, signal) =>
      serve(look("issuer.identify"), signal, async () => issuer.identify(value, signal)),
    mint: async (order, signal) => {
      const call = { ...change("issuer.mint", order.marker), marker: order.marker };
      return serve(call, signal, async () => issuer.mint(order, signal));
    },
    revoke: async (id, signal, value) =>
      serve(change("issuer.revoke", id), signal, async () => issuer.revoke(id, signal, value)),
    destroy: async (id, signal) => serve(change("issuer.destroy", id), signal, async () => issuer.destroy(id, signal)),
    ...(read
      ? { read: async (id, signal) => serve(look("issuer.read", id), signal, async () => read(id, signal)) }
      : {}),
    ...(moveGrace
      ? {
          moveGrace: async (id, until, signal) =>
            serve(change("issuer.moveGrace", id), signal, async () => moveGrace(id, until, signal)),
        }
      : {}),
    ...(restore
      ? { restore: async (id, signal) => serve(change("issuer.restore", id), signal, async () => restore(id, signal)) }
      : {}),
    ...detecting(issuer, async (work, signal) => serve(look("issuer.detect"), signal, work)),
    ...(usage
      ? { usage: async (id, signal) => serve(look("issuer.usage", id), signal, async () => usage(id, signal)) }
      : {}),
  };
}

type Look = (work: () => Promise<Detection>, signal: AbortSignal) => Promise<Detection>;

function detecting(issuer: Issuer, look: Look): Pick<Issuer, "detect"> {
  const detect = issuer.detect?.bind(issuer);
  return detect ? { detect: async (before, signal) => look(async () => detect(before, signal), signal) } : {};
}

export function sinkThrough(plug: SinkPlug, target: string, serve: Serve): Sink {
  const { sink } = plug;
  const look = (label: string): RemoteCall => ({ label, target, plug, changing: false });
  return {
    ...sink,
    observe: async (keys, signal) => serve(look("sink.observe"), signal, async () => sink.observe(keys, signal)),
    write: async (order, signal) => {
      const call = { ...look("sink.write"), changing: true };
      return serve(call, signal, async () => sink.write(order, signal));
    },
    settle: async (written, signal) => serve(look("sink.settle"), signal, async () => sink.settle(written, signal)),
  };
}
