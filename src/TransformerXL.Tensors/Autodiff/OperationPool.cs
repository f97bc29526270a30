namespace TransformerXL.Tensors.Autodiff;

/// <summary>
/// The operations of a tape, which are reused from step to step, grouped by type. A model uses few types, so that a linear
/// search is faster than hashing.
/// </summary>
internal sealed class OperationPool
{
    private readonly List<Kind> _kinds = [];

    /// <summary>Returns an operation that is unused in this step.</summary>
    public TOperation Rent<TOperation>() where TOperation : Operation, new()
    {
        Kind? kind = Find(typeof(TOperation));
        if (kind is null)
        {
            _kinds.Add(kind = new Kind(typeof(TOperation)));
        }

        if (kind.Used == kind.Operations.Count)
        {
            kind.Operations.Add(new TOperation());
        }

        return (TOperation)kind.Operations[kind.Used++];
    }

    /// <summary>Begins a step: all operations are free again and are cleared.</summary>
    public void TakeBack()
    {
        foreach (Kind kind in _kinds)
        {
            for (int i = 0; i < kind.Used; i++)
            {
                kind.Operations[i].Clear();
                kind.Operations[i].Output = null!;
            }

            kind.Used = 0;
        }
    }

    private Kind? Find(Type type)
    {
        foreach (Kind kind in _kinds)
        {
            if (kind.Type == type)
            {
                return kind;
            }
        }

        return null;
    }

    private sealed class Kind(Type type)
    {
        public Type Type { get; } = type;

        public List<Operation> Operations { get; } = [];

        public int Used { get; set; }
    }
}
