import type { OpenAPIObject } from '@nestjs/swagger';
import type { RouteAccess } from './route-access.js';

/** The parts of an OpenAPI document that are worked on here; a schema may be a reference. */
export interface Schema {
  $ref?: string;
  example?: unknown;
  [keyword: string]: unknown;
}
export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema?: Schema;
}
export interface MediaType {
  schema?: Schema;
  example?: unknown;
}
export interface Operation {
  operationId: string;
  description?: string;
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, MediaType> };
  responses: Record<string, { description: string; content?: Record<string, MediaType> }>;
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;
/** The name of the bearer scheme in the document. */
export const BEARER = 'bearer';

/** Adds what is the same for every route: who may call it, how it refuses, and an example that can be sent. */
export function finishDocument(
  document: OpenAPIObject,
  access: ReadonlyMap<string, RouteAccess>,
  problem: Schema,
): OpenAPIObject {
  for (const operation of operationsOf(document)) {
    sayWho(operation, access.get(operation.operationId) ?? { token: 'required', role: null });
    operation.responses['default'] = {
      description: 'Anything that goes wrong, as RFC 9457 problem details',
      content: { 'application/problem+json': { schema: problem } },
    };
    for (const media of Object.values(operation.requestBody?.content ?? {})) {
      media.example ??= resolve(document, media.schema)?.example;
    }
    // An example in an optional parameter would be sent by the page, and would filter everything away.
    for (const { required, schema = {} } of operation.parameters ?? []) {
      if (!required) delete schema.example;
      // It stands at the parameter already.
      delete schema['description'];
    }
  }
  return document;
}

export function operationsOf(document: OpenAPIObject): Operation[] {
  return Object.values(document.paths).flatMap((path) =>
    METHODS.flatMap((method) => (path[method] ? [path[method] as unknown as Operation] : [])),
  );
}

function sayWho(operation: Operation, { token, role }: RouteAccess): void {
  const bearer = { [BEARER]: [] };
  if (token === 'required') operation.security = [bearer];
  else operation.security = token === 'optional' ? [{}, bearer] : [];
  if (role !== null)
    operation.description = [operation.description, `Needs the role ${role}.`].filter(Boolean).join(' ');
}

function resolve(document: OpenAPIObject, schema: Schema | undefined): Schema | undefined {
  const name = schema?.$ref?.split('/').at(-1);
  return name === undefined ? schema : (document.components?.schemas?.[name] as Schema | undefined);
}
