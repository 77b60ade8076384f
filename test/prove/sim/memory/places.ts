/** Where Credentials have their copies. */
import type { Json } from "./columns.ts";
import type { Statements } from "./tables.ts";
import { compare } from "./values.ts";

interface Named {
  readonly namespace: string;
  readonly name: string;
  readonly spec: Json;
}

export const PLACES: Statements = {
  live_places: ({ object, rotation }, [adapters]) => {
    const wanted = adapters as readonly string[];
    const named = [
      ...object.where((row) => row.kind === "Credential" && row.present),
      ...rotation
        .where((row) => row.ended_at === null && row.flow !== "Testing")
        .map(({ namespace, credential_name: name, snapshot }) => ({ namespace, name, spec: specIn(snapshot) })),
    ];
    return named
      .filter(({ spec }) => places(spec).some((block) => wanted.some((adapter) => Object.hasOwn(block, adapter))))
      .map(({ namespace, name, spec }: Named) => ({ namespace, name, spec: shown(spec) }))
      .sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name));
  },
};

function specIn(snapshot: Json): Json {
  return (snapshot as { readonly credential: { readonly spec: Json } }).credential.spec;
}

function places({ custody, consumers }: Json): readonly Json[] {
  return [...(custody === undefined ? [] : [custody as Json]), ...(consumers as readonly Json[])];
}

function shown({ issuer, custody, consumers }: Json): Json {
  return { issuer, ...(custody === undefined ? {} : { custody }), consumers };
}
