import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiTags, type OpenAPIObject } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { CurrentUser, type Principal, Public, RequireRole } from '../security/principal.js';
import { Answers } from './api.decorators.js';
import { leadToDocumentation, serveDocumentation } from './documentation.js';
import { type Operation, operationsOf } from './openapi-document.js';

const Parcel = z
  .object({ id: z.uuid().meta({ example: '0199c0de-0000-7000-8000-000000000001' }) })
  .meta({ id: 'Parcel' });
const NewParcel = z.strictObject({ weight: z.int() }).meta({ id: 'NewParcel', example: { weight: 3 } });
const ParcelQuery = z.strictObject({
  owner: z.uuid().optional().meta({ example: '0199c0de-0000-7000-8000-000000000002' }),
});

@ApiTags('parcels')
@Controller('parcels')
class ParcelsHttpController {
  @Get()
  @Public()
  @Answers({ summary: 'All parcels', schema: z.array(Parcel) })
  list(@Query({ schema: ParcelQuery }) _query: unknown, @CurrentUser() _user: Principal | null): unknown[] {
    return [];
  }

  @Get('open')
  @Public()
  @Answers({ summary: 'Whether the office is open', schema: z.object({ open: z.boolean() }) })
  open(): { open: boolean } {
    return { open: true };
  }

  @Get(':id')
  @Answers({ summary: 'One parcel', schema: Parcel })
  get(@Param('id', { schema: z.uuid() }) id: string): { id: string } {
    return { id };
  }

  @Post()
  @RequireRole('staff')
  @Answers({ status: 201, summary: 'Send a parcel', schema: Parcel })
  send(@Body({ schema: NewParcel }) _body: unknown): { id: string } {
    return { id: '' };
  }
}

describe('the API documentation', () => {
  let app: NestFastifyApplication;
  let document: OpenAPIObject;
  const operation = (id: string) =>
    operationsOf(document).find(({ operationId }) => operationId === id) as Operation;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ controllers: [ParcelsHttpController] }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    serveDocumentation(app, {
      title: 'Parcels',
      version: '1.2.3',
      description: 'About',
      tags: [{ name: 'parcels', description: 'x' }],
      placeholders: [],
    });
    leadToDocumentation(app);
    await app.init();
    document = (await app.inject('/docs-json')).json();
  });
  afterAll(() => app.close());

  it('leads from / to the page', async () => {
    const { statusCode, headers } = await app.inject('/');
    expect([statusCode, headers.location]).toEqual([302, '/docs']);
  });

  it('is a page without inline scripts', async () => {
    const { statusCode, body } = await app.inject('/docs');
    expect(statusCode).toBe(200);
    expect(body).toContain('<title>Parcels</title>');
    expect(body).not.toMatch(/<script(?![^>]*\bsrc=)/);
  });

  it('names the title, the version and the tags', () => {
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Parcels', version: '1.2.3', description: 'About' },
    });
    expect(document.tags).toEqual([{ name: 'parcels', description: 'x' }]);
  });

  it('names operations after their controller and method', () => {
    const ids = operationsOf(document).map(({ operationId }) => operationId);
    expect(ids.sort()).toEqual(['parcels_get', 'parcels_list', 'parcels_open', 'parcels_send']);
  });

  it('asks for a token where the guard does, and offers it where it makes a difference', () => {
    expect(operation('parcels_get').security).toEqual([{ bearer: [] }]);
    expect(operation('parcels_send').security).toEqual([{ bearer: [] }]);
    expect(operation('parcels_open').security).toEqual([]);
    expect(operation('parcels_list').security).toEqual([{}, { bearer: [] }]);
  });

  it('says which role a route needs', () => {
    expect(operation('parcels_send').description).toBe('Needs the role staff.');
  });

  it('documents the problem that any route may answer', () => {
    for (const { responses } of operationsOf(document)) {
      expect(responses['default']?.content).toEqual({
        'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
      });
    }
    expect(document.components?.schemas?.['Problem']).toMatchObject({
      type: 'object',
      additionalProperties: false,
    });
  });

  it('shows the example of a body', () => {
    const { requestBody } = operation('parcels_send');
    expect(requestBody).toMatchObject({ required: true });
    expect(requestBody?.content['application/json']).toEqual({
      schema: { $ref: '#/components/schemas/NewParcel' },
      example: { weight: 3 },
    });
  });

  it('prefills no optional parameter, which would filter everything away', () => {
    expect(operation('parcels_list').parameters).toEqual([
      { name: 'owner', in: 'query', required: false, schema: { type: 'string', format: 'uuid' } },
    ]);
  });

  it('declares path parameters', () => {
    expect(operation('parcels_get').parameters).toMatchObject([{ name: 'id', in: 'path', required: true }]);
  });

  it('gives the schema of each answer', () => {
    expect(operation('parcels_send').responses['201']?.content?.['application/json']?.schema).toEqual({
      $ref: '#/components/schemas/Parcel',
    });
  });
});
