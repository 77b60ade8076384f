/** Test slots as far as a manifest alone shows what is wrong with them. */
import type { ConsumerSpec } from "../../../crds/kinds.gen.ts";
import { slotIn } from "../../domain/rehearsal.ts";
import { explain, type Finding } from "./explain.ts";
import type { Step } from "./rules.ts";
import { adaptersWith, sinkValidator } from "./schema.ts";

const MOST_ERRORS = 16;

/** The live block with the test slot's fields over it must be one that the adapter takes. */
export function slotFindings(spec: unknown, isUnsound: (path: readonly Step[]) => boolean): Finding[] {
  if (isUnsound(["spec", "consumers"])) return [];
  const { consumers } = spec as { readonly consumers: readonly ConsumerSpec[] };
  return consumers.flatMap((consumer, index) => {
    const path = ["spec", "consumers", index, "testSlot"];
    return isUnsound(["spec", "consumers", index]) ? [] : findingsIn(consumer, path);
  });
}

function findingsIn(consumer: ConsumerSpec, path: readonly Step[]): Finding[] {
  const slot = slotIn(consumer);
  if (slot === undefined) return [];
  if ("problem" in slot) return [invalid(path, `testSlot: ${slot.problem}`)];
  if (Object.keys(slot.fields).length === 0 && slot.keySuffix === "") {
    return [invalid(path, "testSlot names no other place: give a field of the adapter's block, or keySuffix")];
  }
  const adapter = adaptersWith("Credential", "spec.consumers[]").find((name) => consumer[name] !== undefined);
  const validate = adapter === undefined ? undefined : sinkValidator(adapter);
  if (!adapter || !validate) return [invalid(path, "testSlot needs the block of its account's adapter, beside it")];
  const block: unknown = structuredClone({ ...(consumer[adapter] as object), ...slot.fields });
  if (validate(block)) return [];
  return explain((validate.errors ?? []).slice(0, MOST_ERRORS), path).map(({ message, suggestion }) =>
    invalid(path, `testSlot as ${adapter}: ${message}`, suggestion),
  );
}

function invalid(path: readonly Step[], message: string, suggestion?: string): Finding {
  return { path, part: "key", code: "TestSlotInvalid", message, ...(suggestion === undefined ? {} : { suggestion }) };
}
