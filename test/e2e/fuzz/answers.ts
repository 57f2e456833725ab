import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { problemIn, type RawAnswer } from '../http.js';
import type { Document, Operation } from '../openapi.js';

const FORMATS = {
  uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  // Times are told in UTC.
  'date-time': (text: string) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text)),
  password: true,
} as const;

/** Compares answers with what the document says of them. */
export class DocumentedAnswers {
  private readonly ajv = new Ajv2020({ strict: true, allErrors: false, allowUnionTypes: true });
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(private readonly document: Document) {
    for (const [name, format] of Object.entries(FORMATS)) this.ajv.addFormat(name, format);
    for (const keyword of ['components', 'example']) this.ajv.addKeyword(keyword);
    this.ajv.addSchema({ $id: 'api', components: document.components }, 'api');
  }

  /** What is wrong with an answer, or null. */
  fault(operation: Operation, answer: RawAnswer): string | null {
    const { status, headers, text } = answer;
    const own = operation.responses[String(status)];
    const spec = own ?? (status >= 400 ? operation.responses['default'] : undefined);
    if (status >= 500) return `${status} is our fault`;
    if (!spec) return `${status} is not documented`;
    if (!spec.content) return text === '' ? null : 'a body where none is documented';
    const type = (headers.get('content-type') ?? '').split(';', 1)[0] ?? '';
    const media = spec.content[type];
    if (!media) return `content type ${type || '(none)'} is not documented`;
    if (!type.endsWith('json')) return null;
    return (
      this.mismatch(`${operation.operationId} ${own ? status : 'default'}`, media.schema, text) ??
      leak(answer)
    );
  }

  private mismatch(name: string, schema: object, text: string): string | null {
    const validate = this.compiled.get(name) ?? this.ajv.compile(pointed(schema));
    this.compiled.set(name, validate);
    if (validate(JSON.parse(text))) return null;
    return `the body is not as documented: ${this.ajv.errorsText(validate.errors, { dataVar: 'body' })}`;
  }
}

function leak(answer: RawAnswer): string | null {
  if (answer.status < 400) return null;
  try {
    problemIn(answer);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** References into the document, from outside it. */
function pointed(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/')) as object;
}
