using System.Collections;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Models;

/// <summary>
/// The parameters of a model in the order of the reference implementation, under its names. Each is filled as the
/// reference's training script does, from random numbers of its own, so that adding one changes no other. Random values are computed at their first use: a model that is read from a file needs none.
/// </summary>
public sealed class ParameterSet : IReadOnlyCollection<Parameter>
{
    private readonly List<Parameter> _parameters = [];
    private readonly ulong _seed;
    private readonly float _deviation;
    private readonly bool _dry;

    /// <param name="seed">The same seed gives the same weights.</param>
    /// <param name="deviation">Standard deviation of weights.</param>
    /// <param name="dry">Whether parameters have shapes and roles, but no memory: for a model of which only the sizes are wanted.</param>
    internal ParameterSet(ulong seed, float deviation, bool dry = false) => (_seed, _deviation, _dry) = (seed, deviation, dry);

    /// <summary>The number of parameters.</summary>
    public int Count => _parameters.Count;

    /// <summary>The number of values in all of them.</summary>
    public long Values
    {
        get
        {
            long sum = 0;
            foreach (Parameter parameter in _parameters)
            {
                sum += parameter.Shape.Count;
            }

            return sum;
        }
    }

    /// <summary>A parameter by its place.</summary>
    public Parameter this[int index] => _parameters[index];

    /// <inheritdoc/>
    public IEnumerator<Parameter> GetEnumerator() => _parameters.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A weight from N(0, deviation).</summary>
    internal Parameter Weight(string name, Shape shape, ParameterRole role, float? deviation = null) => Add(name, shape, role, 0, deviation ?? _deviation);

    /// <summary>A gain of a normalisation, from N(1, deviation).</summary>
    internal Parameter Gain(string name, Shape shape) => Add(name, shape, ParameterRole.Norm, 1, _deviation);

    /// <summary>A bias of zeros.</summary>
    internal Parameter Zeros(string name, Shape shape, ParameterRole role) => Add(name, shape, role, 0, 0);

    private Parameter Add(string name, Shape shape, ParameterRole role, float mean, float deviation)
    {
        bool random = deviation > 0;
        Parameter parameter = _dry || random ? Parameter.WithoutMemory(name, shape, role) : new Parameter(name, shape, role);
        if (random && !_dry)
        {
            ulong stream = (ulong)_parameters.Count + 1;
            parameter.Defer(value => FillRandomly(value.Span, new RandomStream(_seed, stream), mean, deviation));
        }

        _parameters.Add(parameter);
        return parameter;
    }

    private static void FillRandomly(Span<float> values, RandomStream random, float mean, float deviation)
    {
        foreach (ref float value in values)
        {
            value = (float)(mean + (deviation * random.NextGaussian()));
        }
    }
}
