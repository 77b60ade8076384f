import type { Kind } from "../../../crds/kinds.gen.ts";

/** One CEL rule of a CRD, said again in TypeScript. A test holds `place`, `rule`, `message` and `at` against the CRD. */
export interface Twin {
  readonly kind: Kind;
  /** Where the rule stands: `spec.consumers[].check`. */
  readonly place: string;
  /** The CEL text. */
  readonly rule: string;
  readonly message: string;
  /** The field that is to blame, where the rule names one (`fieldPath`). */
  readonly at?: string;
  /** CamelCase, for problems. */
  readonly code: string;
  /** True where the rule compares with the object as it was before. */
  readonly transition: boolean;
  readonly holds: (self: unknown, old: unknown) => boolean;
}

interface TwinText<Self> {
  readonly code: string;
  readonly rule: string;
  readonly message: string;
  readonly at?: string;
  readonly holds: (self: Self) => boolean;
}

/** A rule about what stands at `place`. `holds` is only asked when the schema found nothing wrong with the fields it reads. */
export function twinsOf<Self>(kind: Kind, place: string, texts: readonly TwinText<Self>[]): Twin[] {
  return texts.map((text) => ({ ...text, kind, place, transition: false, holds: (self) => text.holds(self as Self) }));
}

interface ChangeText<Self> extends Omit<TwinText<Self>, "holds" | "at"> {
  readonly holds: (self: Self, old: Self) => boolean;
}

/** A rule about a change of the spec. */
export function changeTwin<Self>(kind: Kind, text: ChangeText<Self>): Twin {
  return {
    ...text,
    kind,
    place: "spec",
    transition: true,
    holds: (self, old) => text.holds(self as Self, old as Self),
  };
}
