using TransformerXL.Tensors.Inference;

namespace TransformerXL.Tensors.Autodiff;

/// <summary>
/// The weights of a model in the layouts that inference reads, each created at its first use. All tapes that are created with
/// this object share them, on any thread, each with a backend of its own; all backends are of one class. The values of the parameters must
/// not change: after a training step create a new object.
/// </summary>
/// <param name="precision">The precision of products with weights.</param>
/// <param name="ownsParameters">
/// Whether the parameters are used through this object alone. A weight of a layer (<see cref="ParameterRole.Matrix"/>) then gives its memory to the prepared form (<see cref="Backend.PrepareWeight"/>), so that
/// about one copy of the weights is kept and not two; <see cref="Variable.Value"/> of the parameter is empty afterwards. Parameters of embeddings and of the output layer keep theirs, as several parts of a model may read them.
/// </param>
public sealed class PreparedWeights(Precision precision = Precision.Float32, bool ownsParameters = false)
{
    private readonly Dictionary<Parameter, PreparedWeight> _weights = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Parameter, PreparedWeight> _exact = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<object, object> _forms = new(ReferenceEqualityComparer.Instance);
    private readonly Lock _lock = new();

    /// <summary>The precision of products with weights.</summary>
    public Precision Precision { get; } = precision;

    /// <summary>Bytes of packed copies.</summary>
    public long PackedBytes
    {
        get
        {
            lock (_lock)
            {
                return _weights.Values.Concat(_exact.Values).Sum(weight => weight.PackedBytes);
            }
        }
    }

    /// <summary>The prepared form of a weight in <see cref="Precision"/>.</summary>
    /// <param name="weight">(out, in).</param>
    /// <param name="backend">The backend that computes.</param>
    public PreparedWeight Of(Parameter weight, Backend backend) => Of(_weights, weight, backend, Precision);

    /// <summary>The prepared form of a weight in float32, for products that always use that precision.</summary>
    /// <param name="weight">(out, in).</param>
    /// <param name="backend">The backend that computes.</param>
    public PreparedWeight ExactOf(Parameter weight, Backend backend) =>
        Precision == Precision.Float32 ? Of(weight, backend) : Of(_exact, weight, backend, Precision.Float32);

    /// <summary>A form that a part of a model computes from its parameters, created at the first call.</summary>
    /// <typeparam name="TOwner">The part of the model; it has one such form.</typeparam>
    /// <typeparam name="TForm">The prepared form.</typeparam>
    /// <param name="owner">The part of the model.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="create">Prepares the form in a precision.</param>
    public TForm FormOf<TOwner, TForm>(TOwner owner, Backend backend, Func<TOwner, Backend, Precision, TForm> create)
        where TOwner : class
        where TForm : class
    {
        ArgumentNullException.ThrowIfNull(create);
        lock (_lock)
        {
            if (!_forms.TryGetValue(owner, out object? form))
            {
                _forms[owner] = form = create(owner, backend, Precision);
            }

            return (TForm)form;
        }
    }

    private PreparedWeight Of(Dictionary<Parameter, PreparedWeight> prepared, Parameter weight, Backend backend, Precision precision)
    {
        ArgumentNullException.ThrowIfNull(backend);
        lock (_lock)
        {
            if (!prepared.TryGetValue(weight, out PreparedWeight? form))
            {
                prepared[weight] = form = Prepare(weight, backend, precision);
            }

            return form;
        }
    }

    private PreparedWeight Prepare(Parameter weight, Backend backend, Precision precision)
    {
        bool takes = ownsParameters && weight.Role.Kind == ParameterKind.Matrix;
        if (weight.IsBfloat16 && !takes)
        {
            // The form owns the copy, so that it keeps no more than one layout of it.
            return backend.PrepareWeight(weight.Rows(0, weight.Shape[0]), precision, owns: true);
        }

        weight.RequireValue();
        return backend.PrepareWeight(takes ? weight.TakeValue() : weight.Value, precision, takes);
    }
}
