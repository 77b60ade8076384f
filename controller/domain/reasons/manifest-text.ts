/** What `velvet validate` and the sources find in a manifest's text and fields. */
import { READ } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const MANIFEST_TEXT_REASONS: Readonly<Record<string, Reason>> = {
  InvalidYaml: {
    meaning: "The text is not valid YAML.",
    fine: READ,
    remedy: "Correct the line.",
    where: ["manifest"],
  },
  InvalidJson: {
    meaning: "A file named .json is not valid JSON.",
    fine: READ,
    remedy: "Correct it, or name it .yaml.",
    where: ["manifest"],
  },
  NotUtf8: {
    meaning: "The file is not UTF-8 text.",
    fine: READ,
    remedy: "Save it as UTF-8.",
    where: ["manifest"],
  },
  YamlFeature: {
    meaning: "An anchor, alias, tag or directive of YAML is not allowed in a manifest.",
    fine: READ,
    remedy: "Write the value out.",
    where: ["manifest"],
  },
  AmbiguousYaml: {
    meaning: "The value reads differently in YAML 1.1, which kubectl follows, and in YAML 1.2.",
    fine: READ,
    remedy: "Put it in quotes, as the hint shows.",
    where: ["manifest"],
  },
  DuplicateKey: {
    meaning: "A mapping has the same key twice.",
    fine: READ,
    remedy: "Remove one of them.",
    where: ["manifest"],
  },
  InvalidKey: {
    meaning: "A key is no plain text.",
    fine: READ,
    remedy: "Write it as plain text.",
    where: ["manifest"],
  },
  TooDeep: {
    meaning: "The document is nested too deep.",
    fine: READ,
    remedy: "Flatten it.",
    where: ["manifest"],
  },
  TooMuch: {
    meaning: "The file holds too much to be read.",
    fine: READ,
    remedy: "Split the file.",
    where: ["manifest"],
  },
  FileTooLarge: {
    meaning: "The file is larger than a manifest may be, and was not read.",
    fine: READ,
    remedy: "Split it, or keep what is no manifest elsewhere.",
    where: ["manifest"],
  },
  MoreProblems: {
    meaning: "There are more problems than are listed.",
    fine: READ,
    remedy: "Correct the listed ones first.",
    commands: ["velvet validate"],
    where: ["manifest"],
  },
  ListNotRead: {
    meaning: "A List is not read.",
    fine: READ,
    remedy: "Write each object as a document of its own, with --- between them.",
    where: ["manifest"],
  },
  UnknownApiVersion: {
    meaning: "The apiVersion is none that this Velvet reads.",
    fine: READ,
    remedy: "Use velvet.raxx.app/v1alpha1.",
    where: ["manifest"],
  },
  UnknownKind: {
    meaning: "The kind is none of Velvet's.",
    fine: READ,
    remedy: "Use VendorAccount, Credential, RotationRequest or RotationDecision.",
    where: ["manifest"],
  },
  StatusInManifest: {
    meaning: "A status stands in the manifest, and status is written by the controller alone.",
    fine: READ,
    remedy: "Remove it.",
    where: ["manifest"],
  },
  UnknownField: {
    meaning: "There is no field of that name here.",
    fine: READ,
    remedy: "Use the field that the hint names.",
    commands: ["velvet schema"],
    where: ["manifest"],
  },
  MissingField: {
    meaning: "A required field is missing.",
    fine: READ,
    remedy: "Add it; the hint has an example.",
    where: ["manifest"],
  },
  WrongType: {
    meaning: "The value is of the wrong type.",
    fine: READ,
    remedy: "Write what the message asks for.",
    where: ["manifest"],
  },
  InvalidValue: {
    meaning: "The value has not the form that it must have.",
    fine: READ,
    remedy: "Follow the example of the hint.",
    where: ["manifest"],
  },
  UnknownValue: {
    meaning: "The value is none of those that are possible.",
    fine: READ,
    remedy: "Use one of the values that the message lists.",
    where: ["manifest"],
  },
  OutOfBounds: {
    meaning: "The value is shorter, longer, smaller or larger than is allowed.",
    fine: READ,
    remedy: "Stay within the bound that the message names.",
    where: ["manifest"],
  },
  DuplicateEntry: {
    meaning: "A list holds the same entry twice.",
    fine: READ,
    remedy: "Remove one of them.",
    where: ["manifest"],
  },
  DuplicateName: {
    meaning: "Two documents have one kind, namespace and name, so neither is taken.",
    fine: READ,
    remedy: "Rename or remove one of them.",
    where: ["manifest", "source"],
  },
};
