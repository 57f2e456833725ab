/** The parts of the OpenAPI document that the tests read. */
export type Schema = Record<string, unknown> & { $ref?: string };

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Schema;
}

interface Media {
  schema: Schema;
  example?: unknown;
}

export interface Operation {
  operationId: string;
  description?: string;
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { content?: Record<string, Media> }>;
}

export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** One operation, named as the document's reader would: `GET /api/v1/orders/{id}`. */
export interface Route {
  name: string;
  method: string;
  path: string;
  operation: Operation;
}

export async function documentOf(url: string): Promise<Document> {
  const answer = await fetch(`${url}/docs-json`);
  if (!answer.ok) throw new Error(`GET /docs-json answered ${answer.status}`);
  return (await answer.json()) as Document;
}

export function routesOf(document: Document): Route[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([verb, operation]) => {
      const method = verb.toUpperCase();
      return { name: `${method} ${path}`, method, path, operation };
    }),
  );
}
