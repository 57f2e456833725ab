import {
  Badge,
  Button,
  Card,
  Group,
  NumberInput,
  Stack,
  Switch,
  Table,
  Textarea,
  TextInput,
  Title,
  VisuallyHidden,
} from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { client } from '../api/client';
import { Problem } from '../api/problem';
import { fieldOf } from '../components/delivery';
import { LinkTo } from '../components/links';
import { Heading, Refused } from '../components/states';
import { digitsOf, moneyText } from '../format';
import { type Product, refetch } from '../queries';
import { strings } from '../strings';
import { ListState } from './ListState';
import { officeProductsQuery } from './queries';
import { SearchField } from './SearchField';

const { office } = strings;
const { products: text } = office;
const CURRENCY = 'EUR';

export function ProductsPage() {
  const { q } = useSearch({ from: '/office/products' });
  const query = useInfiniteQuery(officeProductsQuery(q));
  const products = query.data?.pages.flatMap((page) => page.data);
  const navigate = useNavigate();
  /** The product that is edited; null for a new one. */
  const [edited, setEdited] = useState<Product | null | undefined>(undefined);
  return (
    <Stack>
      <Heading>{text.title}</Heading>
      <Group justify="space-between">
        <SearchField
          q={q}
          hint={strings.products.search}
          search={(wanted) => void navigate({ to: '/office/products', search: { q: wanted } })}
        />
        <Button variant="default" onClick={() => setEdited(null)}>
          {text.add}
        </Button>
      </Group>
      {edited !== undefined && (
        <Form key={edited?.sku ?? ''} product={edited} close={() => setEdited(undefined)} />
      )}
      {products && products.length > 0 && (
        <Table.ScrollContainer minWidth={520}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{text.sku}</Table.Th>
                <Table.Th>{text.name}</Table.Th>
                <Table.Th>{office.payments.amount}</Table.Th>
                <Table.Th>
                  <VisuallyHidden>{office.more}</VisuallyHidden>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {products.map((product) => (
                <Row key={product.sku} product={product} edit={() => setEdited(product)} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <ListState count={products?.length} none={text.none} query={query} />
    </Stack>
  );
}

function Row({ product: { sku, name, price, active }, edit }: { product: Product; edit: () => void }) {
  return (
    <Table.Tr>
      <Table.Td>
        <LinkTo to="/office/stock/$sku" params={{ sku }}>
          {sku}
        </LinkTo>
      </Table.Td>
      <Table.Td className="wrap">
        {name}{' '}
        {!active && (
          <Badge color="gray" variant="light" tt="none">
            {text.inactive}
          </Badge>
        )}
      </Table.Td>
      <Table.Td>{moneyText(price)}</Table.Td>
      <Table.Td>
        <Button size="xs" variant="default" onClick={edit}>
          {text.edit(name)}
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}

function Form({ product, close }: { product: Product | null; close: () => void }) {
  const currency = product?.price.currency ?? CURRENCY;
  const digits = digitsOf(currency);
  const { mutate, error, isPending } = useMutation({
    mutationFn: ({ sku, ...fields }: Product) =>
      product
        ? client.PUT('/api/v1/products/{sku}', { params: { path: { sku } }, body: fields })
        : client.POST('/api/v1/products', { body: { sku, ...fields } }),
    onSuccess: close,
    onSettled: () => refetch('office', 'products', 'product'),
  });
  const problem = error && Problem.of(error);
  const fields = problem?.fields ?? {};
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    mutate({
      sku: product?.sku ?? fieldOf(form, 'sku'),
      name: fieldOf(form, 'name'),
      description: fieldOf(form, 'description'),
      price: { amount: Math.round(Number(fieldOf(form, 'price')) * 10 ** digits), currency },
      imageUrl: fieldOf(form, 'imageUrl') || null,
      active: form.has('active'),
    });
  };
  return (
    <Card withBorder maw={620}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Title order={2} size="h4" className="wrap">
            {product ? text.edit(product.name) : text.add}
          </Title>
          {!product && (
            <TextInput
              name="sku"
              label={text.sku}
              description={text.skuHint}
              error={fields['sku']}
              required
            />
          )}
          <TextInput
            name="name"
            label={text.name}
            defaultValue={product?.name ?? ''}
            error={fields['name']}
            required
          />
          <Textarea
            name="description"
            label={text.description}
            defaultValue={product?.description ?? ''}
            error={fields['description']}
            autosize
            minRows={2}
          />
          <NumberInput
            name="price"
            label={text.priceIn(currency)}
            defaultValue={product ? product.price.amount / 10 ** digits : ''}
            error={fields['price.amount']}
            min={0}
            decimalScale={digits}
            fixedDecimalScale
            hideControls
            required
          />
          <TextInput
            name="imageUrl"
            label={text.image}
            defaultValue={product?.imageUrl ?? ''}
            error={fields['imageUrl']}
          />
          <Switch name="active" label={text.active} defaultChecked={product?.active ?? true} />
          <Refused problem={problem} />
          <Group>
            <Button type="submit" loading={isPending}>
              {office.save}
            </Button>
            <Button variant="default" onClick={close}>
              {strings.discard}
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}
