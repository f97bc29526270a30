namespace TransformerXL.Inference.Serving;

/// <summary>
/// Fair shares: of the clients that wait, the one is next that has been served the fewest tokens (the virtual token counters of Sheng et al. 2024, "Fairness in
/// Serving Large Language Models"). A client that comes begins level with the least served one, so that nobody saves up service. A
/// token that is written counts twice as much as one that is read.
/// </summary>
internal sealed class ClientShares
{
    private const long ReadWeight = 1, WriteWeight = 2;

    private readonly Dictionary<string, Client> _clients = new(StringComparer.Ordinal);
    private long _floor;

    /// <summary>Clients with a request that waits or is served.</summary>
    public int Count => _clients.Count;

    /// <summary>Those clients.</summary>
    public IEnumerable<Client> All => _clients.Values;

    /// <summary>A request of a client came.</summary>
    public Client Join(string name)
    {
        if (!_clients.TryGetValue(name, out Client? client))
        {
            _floor = Math.Max(_floor, _clients.Values.Select(other => other.Served).DefaultIfEmpty(_floor).Min());
            client = new Client(name) { Served = _floor };
            _clients.Add(name, client);
        }

        client.Requests++;
        return client;
    }

    /// <summary>A request of a client is over.</summary>
    public void Leave(Client client)
    {
        if (--client.Requests == 0)
        {
            _floor = Math.Max(_floor, Math.Min(client.Served, _clients.Values.Min(other => other.Served)));
            _clients.Remove(client.Name);
        }
    }

    /// <summary>The client whose request is next to get a place; null if none waits that may have one more.</summary>
    /// <param name="maximumPlaces">The maximum number of places of a client.</param>
    public Client? NextWaiting(int maximumPlaces)
    {
        Client? next = null;
        foreach (Client client in _clients.Values)
        {
            bool mayEnter = client.Waiting.First is { } first && client.Places + first.Value.Places <= maximumPlaces;
            if (mayEnter && (next is null || client.Served < next.Served))
            {
                next = client;
            }
        }

        return next;
    }

    /// <summary>What a client is owed less from now on.</summary>
    public static void Charge(Client client, long read, long written) => client.Served += (ReadWeight * read) + (WriteWeight * written);

    /// <summary>A client with requests.</summary>
    internal sealed class Client(string name)
    {
        public string Name => name;

        public long Served { get; set; }

        public int Requests { get; set; }

        /// <summary>Places that its requests have.</summary>
        public int Places { get; set; }

        public LinkedList<Job> Waiting { get; } = new();
    }
}
