import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { ProblemSchema } from '../errors/problem.js';
import { fill, type Placeholder, remember } from './documentation-page.js';
import { BEARER, finishDocument, type Schema } from './openapi-document.js';
import { OpenApiSchemas } from './openapi-schemas.js';
import { operationIdOf, routeAccess } from './route-access.js';

/** What the API page says beyond its routes. */
export interface ApiDescription {
  title: string;
  version: string;
  /** Markdown. */
  description: string;
  /** In the order of the page. */
  tags: { name: string; description: string }[];
  /** Examples that the page fills in from what it has seen. */
  placeholders: Placeholder[];
}

/** Without the bar that opens other documents, and the choice of one server. */
const PAGE_STYLE = `
  .swagger-ui .topbar, .swagger-ui .servers-title, .swagger-ui .servers { display: none }
  .swagger-ui .info { margin: 30px 0 }
`;

/** Serves the API page at /docs, its document at /docs-json. */
export function serveDocumentation(app: NestFastifyApplication, description: ApiDescription): void {
  SwaggerModule.setup('docs', app, () => describeApi(app, description), {
    raw: ['json'],
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: description.title,
    customfavIcon: 'data:,',
    customCss: PAGE_STYLE,
    swaggerOptions: {
      tryItOutEnabled: true,
      persistAuthorization: true,
      displayRequestDuration: true,
      docExpansion: 'list',
      defaultModelsExpandDepth: 0,
      placeholders: description.placeholders,
      requestInterceptor: fill,
      responseInterceptor: remember,
    },
  });
}

/** Leads from `/` to the API page, where there is nothing else to see. */
export function leadToDocumentation(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  fastify.get('/', (_request, reply) => reply.redirect('/docs'));
}

/** The OpenAPI document of the application as it is hosted here. */
export function describeApi(
  app: NestFastifyApplication,
  { title, version, description, tags }: ApiDescription,
): OpenAPIObject {
  const schemas = new OpenApiSchemas();
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(title)
    .setVersion(version)
    .setDescription(description)
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, BEARER);
  for (const tag of tags) builder.addTag(tag.name, tag.description);
  const document = SwaggerModule.createDocument(app, builder.build(), {
    operationIdFactory: operationIdOf,
    autoTagControllers: false,
    standardSchemaConverter: (schema, { schemaType }) => schemas.convert(schema, schemaType) ?? undefined,
  });
  delete document.info.contact;
  const problem = schemas.convert(ProblemSchema, 'output');
  Object.assign(((document.components ??= {}).schemas ??= {}), problem?.components);
  return finishDocument(schemas.nameInputs(document), routeAccess(app), problem?.schema as Schema);
}
