using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Testing;

namespace TransformerXL.Tensors.Tests.Autodiff;

/// <summary>Every operation together, as a model uses them: a recurrent layer, two layers with memory, dropout everywhere, tied softmax, Adam; the vocabulary whole or in clusters.</summary>
internal sealed class SmallModel
{
    private const int Vocabulary = 31, Streams = 3, Length = 11, Layers = 2, Heads = 2, HeadSize = 9, Width = 20, Inner = 37;
    private const float Dropout = 0.1f;

    private readonly List<Parameter> _parameters = [];
    private readonly Tape _tape;
    private readonly Adam _optimizer;
    private readonly Parameter _embedding, _bias, _contentBias, _positionBias;
    private readonly Parameter _inputWeight, _recurrentWeight, _inputBias, _recurrentBias;
    private readonly Layer[] _layers;
    private readonly SmallClusters? _clusters;
    private readonly Tensor[] _memories;
    private readonly Tensor _state, _cell;
    private readonly Tensor _distances;
    private readonly int[] _tokens;
    private bool _hasMemory;

    public SmallModel(CpuBackend backend, bool clusters = false)
    {
        _tape = new Tape(backend);
        _embedding = New("embedding", new Shape(Vocabulary, Width));
        _bias = New("bias", new Shape(Vocabulary));
        _contentBias = New("u", new Shape(Heads, HeadSize));
        _positionBias = New("v", new Shape(Heads, HeadSize));
        _inputWeight = New("input weight", new Shape(4 * Width, Width));
        _recurrentWeight = New("recurrent weight", new Shape(4 * Width, Width));
        _inputBias = New("input bias", new Shape(4 * Width));
        _recurrentBias = New("recurrent bias", new Shape(4 * Width));
        _state = Tensor.Allocate(new Shape(Streams, Width));
        _cell = Tensor.Allocate(_state.Shape);
        _layers = [.. Enumerable.Range(0, Layers).Select(NewLayer)];
        _memories = [.. _layers.Select(_ => Tensor.Allocate(new Shape(Length, Streams, Width)))];
        _distances = Tensor.From(new Shape(2 * Length, Width), new RandomValues("distances").Normal(2 * Length * Width));
        _tokens = new RandomValues("tokens").Indices((Length + 1) * Streams, Vocabulary);
        _clusters = clusters
            ? new SmallClusters(
                _embedding, _bias, New("cluster", new Shape(1, Width)), New("cluster bias", new Shape(1)), _tokens[..(Length * Streams)], _tokens[Streams..])
            : null;
        _optimizer = new Adam(_parameters, new OptimizerOptions(), backend);
    }

    /// <summary>One training step; returns the loss.</summary>
    public float Step(uint number)
    {
        _tape.BeginTraining(seed: 42, number);
        Variable loss = Forward();
        float value = loss.Value.Span[0];
        _tape.Backward(loss);
        _optimizer.Step(0.01, 1 / Math.Max(1, _optimizer.GradientNorm()));
        return value;
    }

    /// <summary>The loss without dropout.</summary>
    public float Evaluate()
    {
        _tape.BeginEvaluation();
        return Forward().Value.Span[0];
    }

    /// <summary>All weights, one after the other.</summary>
    public float[] Weights() => [.. _parameters.SelectMany(parameter => parameter.Value.Span.ToArray())];

    private Variable Forward()
    {
        Variable hidden = Embed(new Shape(Length, Streams), MathF.Sqrt(Width));
        hidden = _tape.AddResidual(Recur(hidden), hidden, Dropout);
        for (int i = 0; i < _layers.Length; i++)
        {
            hidden = Forward(_layers[i], hidden, _memories[i]);
        }

        _hasMemory = true;
        return Loss(_tape.Dropout(hidden, Dropout));
    }

    private Variable Embed(Shape rows, float scale) => _clusters is null
        ? _tape.Embedding(_embedding, _tape.Allocate(_tokens.AsSpan(0, Length * Streams)), rows, scale, Dropout)
        : _clusters.Embed(_tape, rows, scale, Dropout);

    private Variable Loss(Variable hidden) => _clusters is null
        ? _tape.CrossEntropy(hidden, _embedding, _bias, _tape.Allocate(_tokens.AsSpan(Streams)))
        : _clusters.Loss(_tape, hidden);

    private Variable Recur(Variable hidden)
    {
        (Variable output, Tensor state, Tensor cell) =
            _tape.Lstm(hidden, _state, _cell, _inputWeight, _recurrentWeight, _inputBias, _recurrentBias);
        state.CopyTo(_state);
        cell.CopyTo(_cell);
        return output;
    }

    private Variable Forward(Layer layer, Variable hidden, Tensor memory)
    {
        int memoryRows = _hasMemory ? Length : 0;
        Variable whole = _tape.Concatenate(_hasMemory ? memory : default, hidden);
        Variable distances = _tape.Constant(_distances.Slice(Length - memoryRows, Length + memoryRows));
        Variable relative = _tape.Linear(distances, layer.Relative);
        (Variable queries, Variable keysValues) = _tape.QueryKeyValue(whole, layer.QueryKeyValue, memoryRows, memoryGradient: false);
        Variable vectors = _tape.RelativeAttention(queries, keysValues, relative, _contentBias, _positionBias, 2 * Length, Dropout);
        Variable attended = _tape.LayerNorm(_tape.Linear(vectors, layer.Output), hidden, layer.Gain1, layer.Bias1, Dropout);
        Variable inner = layer == _layers[0]
            ? _tape.LinearRelu(attended, layer.Inner, layer.InnerBias, Dropout)
            : _tape.LinearGelu(attended, layer.Inner, layer.InnerBias, Dropout);
        Variable output = _tape.LayerNorm(_tape.Linear(inner, layer.Outer, layer.OuterBias), attended, layer.Gain2, layer.Bias2, Dropout);
        hidden.Value.CopyTo(memory);
        return output;
    }

    private Layer NewLayer(int number) => new(
        New($"{number} qkv", new Shape(3 * Heads * HeadSize, Width)), New($"{number} r", new Shape(Heads * HeadSize, Width)),
        New($"{number} o", new Shape(Width, Heads * HeadSize)), New($"{number} g1", new Shape(Width), 1), New($"{number} b1", new Shape(Width)),
        New($"{number} inner", new Shape(Inner, Width)), New($"{number} inner bias", new Shape(Inner)), New($"{number} outer", new Shape(Width, Inner)),
        New($"{number} outer bias", new Shape(Width)), New($"{number} g2", new Shape(Width), 1), New($"{number} b2", new Shape(Width)));

    private Parameter New(string name, Shape shape, float mean = 0)
    {
        Parameter parameter = new(name, shape);
        new RandomValues(name).Normal(shape.Count, 0.1).CopyTo(parameter.Value.Span);
        foreach (ref float value in parameter.Value.Span)
        {
            value += mean;
        }

        _parameters.Add(parameter);
        return parameter;
    }

    private sealed record Layer(
        Parameter QueryKeyValue, Parameter Relative, Parameter Output, Parameter Gain1, Parameter Bias1,
        Parameter Inner, Parameter InnerBias, Parameter Outer, Parameter OuterBias, Parameter Gain2, Parameter Bias2);
}
