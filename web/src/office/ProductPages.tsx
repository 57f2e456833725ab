import {
  Alert,
  Badge,
  Button,
  Card,
  Checkbox,
  Group,
  NativeSelect,
  NumberInput,
  Stack,
  Table,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { client } from '../api/client';
import { LinkButton, LinkTo } from '../components/links';
import { Failed, Heading, Loading } from '../components/states';
import { minorUnits, moneyText } from '../format';
import { got, type Product, productQuery, queryClient, refetch } from '../queries';
import { Pages, Refusal, SearchBox, useAction } from './parts';
import { productsQuery } from './queries';
import { office } from './strings';

const { products: texts } = office;

function tell(product: Product): void {
  queryClient.setQueryData(productQuery(product.sku).queryKey, product);
  refetch(['office', 'products'], 'products');
}

async function update(sku: string, body: Partial<Omit<Product, 'sku'>>): Promise<void> {
  const { data } = await client.PUT('/api/v1/products/{sku}', { params: { path: { sku } }, body });
  tell(got(data));
}

export function ProductListPage() {
  const { q, active } = useSearch({ from: '/office/products' });
  const navigate = useNavigate({ from: '/office/products' });
  const list = useInfiniteQuery(
    productsQuery({
      ...(q ? { q } : {}),
      ...(active === undefined ? {} : { active: active ? ('true' as const) : ('false' as const) }),
    }),
  );
  const { busy, problem, run } = useAction();
  return (
    <Stack>
      <Group justify="space-between">
        <Heading>{texts.title}</Heading>
        <LinkButton to="/office/products/new">{texts.new}</LinkButton>
      </Group>
      <Group align="start">
        <SearchBox
          label={texts.find}
          value={q ?? ''}
          onSearch={(text) =>
            void navigate({ search: (before) => ({ ...before, q: text || undefined }), replace: true })
          }
        />
        <NativeSelect
          label={texts.show}
          value={active === undefined ? '' : String(active)}
          data={[
            { value: '', label: office.all },
            { value: 'true', label: texts.active },
            { value: 'false', label: texts.inactive },
          ]}
          onChange={({ currentTarget: { value } }) =>
            void navigate({
              search: (before) => ({ ...before, active: value === '' ? undefined : value === 'true' }),
              replace: true,
            })
          }
        />
      </Group>
      <Refusal problem={problem} />
      <Pages list={list} empty={office.nothingFound}>
        {(rows) => (
          <Table className="office-table">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{texts.name}</Table.Th>
                <Table.Th className="number">{texts.price}</Table.Th>
                <Table.Th>{texts.show}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map(({ sku, name, price, active: isActive }) => (
                <Table.Tr key={sku}>
                  <Table.Td>
                    <LinkTo to="/office/products/$sku" params={{ sku }} fw={600}>
                      {name}
                    </LinkTo>
                    <Text size="xs" c="dimmed">
                      {sku}
                    </Text>
                  </Table.Td>
                  <Table.Td className="number">{moneyText(price)}</Table.Td>
                  <Table.Td>
                    <Stack gap={4} align="flex-start">
                      <Badge variant="light" tt="none" color={isActive ? 'teal' : 'gray'}>
                        {isActive ? texts.active : texts.inactive}
                      </Badge>
                      <Button
                        size="compact-xs"
                        variant="default"
                        disabled={busy}
                        aria-label={isActive ? texts.deactivateNamed(name) : texts.activateNamed(name)}
                        onClick={() => void run(() => update(sku, { active: !isActive }))}
                      >
                        {isActive ? texts.deactivate : texts.activate}
                      </Button>
                    </Stack>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Pages>
    </Stack>
  );
}

const EMPTY: Product = {
  sku: '',
  name: '',
  description: '',
  price: { amount: 0, currency: 'EUR' },
  imageUrl: null,
  active: true,
};

export function NewProductPage() {
  const [created, setCreated] = useState<Product | null>(null);
  const save = async (body: Product) => {
    const { data } = await client.POST('/api/v1/products', { body });
    const product = got(data);
    tell(product);
    setCreated(product);
  };
  return (
    <Stack>
      <Heading>{texts.new}</Heading>
      {created && (
        <Alert color="teal" role="status" className="wrap">
          {texts.created(created.name)}{' '}
          <LinkTo to="/office/stock/$sku" params={{ sku: created.sku }}>
            {texts.toStock}
          </LinkTo>
        </Alert>
      )}
      <ProductForm key={created?.sku ?? ''} product={EMPTY} isNew save={save} />
    </Stack>
  );
}

export function EditProductPage() {
  const { sku } = useParams({ from: '/office/products/$sku' });
  const { data: product, error, refetch: again } = useQuery(productQuery(sku));
  const [saved, setSaved] = useState(false);
  if (!product && error) return <Failed error={error} retry={() => void again()} missing={texts.unknown} />;
  if (!product) return <Loading />;
  const save = async ({ sku: _, ...body }: Product) => {
    setSaved(false);
    await update(sku, body);
    setSaved(true);
  };
  return (
    <Stack>
      <Heading>{product.name}</Heading>
      <LinkTo to="/office/stock/$sku" params={{ sku }}>
        {texts.toStock}
      </LinkTo>
      {saved && (
        <Alert color="teal" role="status">
          {office.saved}
        </Alert>
      )}
      <ProductForm key={sku} product={product} save={save} />
    </Stack>
  );
}

interface FormProps {
  product: Product;
  isNew?: boolean;
  save: (product: Product) => Promise<void>;
}

function ProductForm({ product, isNew = false, save }: FormProps) {
  const [draft, setDraft] = useState(product);
  const [price, setPrice] = useState<string | number>(
    isNew ? '' : product.price.amount / minorUnits(product.price.currency).one,
  );
  const { busy, problem, run } = useAction();
  const set = (change: Partial<Product>) => setDraft((before) => ({ ...before, ...change }));
  const { currency } = draft.price;
  const { one, digits } = /^[A-Z]{3}$/.test(currency) ? minorUnits(currency) : { one: 100, digits: 2 };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const amount = Math.round(Number(price) * one);
    void run(() => save({ ...draft, imageUrl: draft.imageUrl || null, price: { amount, currency } }));
  };
  const fields = problem?.fields ?? {};
  return (
    <Card withBorder maw={640}>
      <form onSubmit={submit}>
        <Stack>
          <Refusal problem={problem} />
          {isNew && (
            <TextInput
              label={texts.sku}
              description={texts.skuHint}
              value={draft.sku}
              maxLength={64}
              error={fields['sku']}
              onChange={({ currentTarget }) => set({ sku: currentTarget.value.toUpperCase() })}
              required
            />
          )}
          <TextInput
            label={texts.name}
            value={draft.name}
            maxLength={200}
            error={fields['name']}
            onChange={({ currentTarget }) => set({ name: currentTarget.value })}
            required
          />
          <Textarea
            label={texts.description}
            value={draft.description}
            maxLength={5000}
            autosize
            minRows={3}
            error={fields['description']}
            onChange={({ currentTarget }) => set({ description: currentTarget.value })}
          />
          <Group align="start">
            <NumberInput
              label={texts.price}
              value={price}
              min={0}
              decimalScale={digits}
              allowNegative={false}
              hideControls
              error={fields['price.amount']}
              onChange={setPrice}
              required
            />
            <TextInput
              label={texts.currency}
              value={currency}
              maxLength={3}
              error={fields['price.currency']}
              onChange={({ currentTarget }) =>
                set({ price: { ...draft.price, currency: currentTarget.value.toUpperCase() } })
              }
              required
            />
          </Group>
          <TextInput
            label={texts.image}
            value={draft.imageUrl ?? ''}
            maxLength={500}
            error={fields['imageUrl']}
            onChange={({ currentTarget }) => set({ imageUrl: currentTarget.value })}
          />
          <Checkbox
            label={texts.isActive}
            checked={draft.active}
            onChange={({ currentTarget }) => set({ active: currentTarget.checked })}
          />
          <Group>
            <Button type="submit" loading={busy}>
              {isNew ? texts.create : office.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}
