using System.Collections.Concurrent;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Inference;

namespace TransformerXL.Tensors.Autodiff;

/// <summary>
/// The weights of a model in the forms that inference reads them in, made when first asked for. Every <see cref="Tape"/> that
/// is created with them shares them, on any backend and thread. The values of the parameters must stay as they are: after a
/// training step create new ones.
/// </summary>
/// <param name="precision">Of products with weights.</param>
public sealed class PreparedWeights(Precision precision = Precision.Float32)
{
    private readonly ConcurrentDictionary<Parameter, PreparedWeight> _weights = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentDictionary<Parameter, PreparedWeight> _exact = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentDictionary<object, object> _forms = new(ReferenceEqualityComparer.Instance);

    /// <summary>Of products with weights.</summary>
    public Precision Precision { get; } = precision;

    /// <summary>Bytes of packed copies.</summary>
    public long PackedBytes => _weights.Values.Concat(_exact.Values).Sum(weight => weight.PackedBytes);

    /// <summary>A weight in the precision.</summary>
    /// <param name="weight">(out, in).</param>
    public PreparedWeight Of(Parameter weight) =>
        _weights.TryGetValue(weight, out PreparedWeight? prepared) ? prepared : _weights.GetOrAdd(weight, static (key, precision) => new PreparedWeight(key.Value, precision), Precision);

    /// <summary>A weight in float32, for products that keep that precision whatever the others have.</summary>
    /// <param name="weight">(out, in).</param>
    public PreparedWeight ExactOf(Parameter weight) => Precision == Precision.Float32
        ? Of(weight)
        : _exact.TryGetValue(weight, out PreparedWeight? prepared) ? prepared : _exact.GetOrAdd(weight, static key => new PreparedWeight(key.Value));

    /// <summary>What a part of a model prepares from its parameters by itself, made at the first call.</summary>
    /// <typeparam name="TOwner">The part of the model; it has one such form.</typeparam>
    /// <typeparam name="TForm">The prepared form.</typeparam>
    /// <param name="owner">The part of the model.</param>
    /// <param name="create">Prepares the form in a precision.</param>
    public TForm FormOf<TOwner, TForm>(TOwner owner, Func<TOwner, Precision, TForm> create)
        where TOwner : class
        where TForm : class
    {
        ArgumentNullException.ThrowIfNull(create);
        return _forms.TryGetValue(owner, out object? form) ? (TForm)form : (TForm)_forms.GetOrAdd(owner, create(owner, Precision));
    }
}
