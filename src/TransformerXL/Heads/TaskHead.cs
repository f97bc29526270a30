using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors;

namespace TransformerXL.Heads;

/// <summary>
/// What is computed from the hidden states (T, B, d) of a model for a task: logits of classes for a text, of labels for each token, or of
/// the ends of a span. It works with any family, because it reads hidden states and not the softmax.
/// </summary>
public sealed class TaskHead
{
    private const int PoolingHeads = 4;

    private readonly Parameter _weight, _bias;
    private readonly Parameter? _query, _keyValue, _dense, _denseBias;

    /// <summary>Creates a head with random weights.</summary>
    /// <param name="configuration">What it predicts.</param>
    /// <param name="size">d: the width of the hidden states.</param>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <param name="deviation">Standard deviation of the weights.</param>
    /// <exception cref="InputException">The configuration is not valid.</exception>
    public TaskHead(HeadConfiguration configuration, int size, ulong seed = 1, float deviation = 0.02f)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        configuration.Validate();
        (Configuration, Size) = (configuration, size);
        // Another seed than that of the model, whose first parameters would otherwise be drawn from the same numbers.
        ParameterSet parameters = new(seed ^ 0x4EAD, deviation);
        string name = configuration.Kind == HeadKind.Spans ? "qa_outputs" : "classifier";
        _weight = parameters.Weight($"{name}.weight", new Shape(configuration.Outputs, size), ParameterRole.Output);
        _bias = parameters.Zeros($"{name}.bias", new Shape(configuration.Outputs), ParameterRole.Bias);
        if (configuration is { IsOfText: true, Pooling: HeadPooling.Attention })
        {
            _query = parameters.Weight("pooling.query", new Shape(1, size), ParameterRole.Bias);
            _keyValue = parameters.Weight("pooling.key_value.weight", new Shape(2 * size, size), ParameterRole.Matrix(2));
        }

        Crf = configuration.LabelLayer == LabelLayer.Crf ? new Crf(parameters, configuration.Outputs) : null;
        if (configuration.HasPooler)
        {
            _dense = parameters.Weight("pooler.dense.weight", new Shape(size, size), ParameterRole.Matrix());
            _denseBias = parameters.Zeros("pooler.dense.bias", new Shape(size), ParameterRole.Bias);
        }

        if (configuration.NGrams > 0)
        {
            NGrams = parameters.Zeros("ngrams.weight", new Shape(configuration.NGramRows, configuration.Outputs), ParameterRole.Embedding);
        }

        Parameters = [.. parameters];
    }

    /// <summary>What it predicts.</summary>
    public HeadConfiguration Configuration { get; }

    /// <summary>d: the width of the hidden states that it reads.</summary>
    public int Size { get; }

    /// <summary>Its trained values, under Hugging Face's names of heads.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Heads of the attention of the pooling.</summary>
    internal int Heads => Size % PoolingHeads == 0 ? PoolingHeads : 1;

    /// <summary>The scores between labels; null where the labels of words do not depend on each other.</summary>
    internal Crf? Crf { get; }

    /// <summary>The weights of n-grams: (rows, C); null without n-grams.</summary>
    internal Parameter? NGrams { get; }

    internal ReadOnlySpan<float> Query => _query!.Value.Span;

    /// <summary>
    /// A head that computes a number and not its distance from <see cref="HeadConfiguration.NumberMean"/> in units of <see cref="HeadConfiguration.NumberScale"/>, for programs that do not know of these; the same head if they do not matter.
    /// </summary>
    internal TaskHead InOwnUnits()
    {
        if (Configuration is not { Kind: HeadKind.Number } || Configuration is { NumberMean: 0, NumberScale: 1 })
        {
            return this;
        }

        TaskHead own = new(Configuration with { NumberMean = 0, NumberScale = 1 }, Size);
        foreach ((Parameter from, Parameter to) in Parameters.Zip(own.Parameters))
        {
            from.Value.CopyTo(to.Value);
        }

        Parameter[] summands = own.NGrams is { } ngrams ? [own._weight, ngrams] : [own._weight];
        foreach (Parameter summed in summands)
        {
            foreach (ref float weight in summed.Value.Span)
            {
                weight = (float)(weight * Configuration.NumberScale);
            }
        }

        own._bias.Value.Span[0] = (float)((own._bias.Value.Span[0] * Configuration.NumberScale) + Configuration.NumberMean);
        return own;
    }

    /// <summary>Logits (..., C) of pooled texts (B, d), or of tokens (..., d).</summary>
    internal Variable Logits(Tape tape, Variable states) => tape.Linear(states, _weight, _bias);

    /// <summary>The weights of an n-gram: C.</summary>
    internal ReadOnlySpan<float> RowOf(NGram ngram) => NGrams!.Value.Span.Slice(ngram.Row * Configuration.Outputs, Configuration.Outputs);

    /// <summary>Adds the logits of the linear model over n-grams: the sum of their rows divided by the square root of their number.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="logits">(B, C).</param>
    /// <param name="ids">(T, B): the tokens of whole texts, negative after a text.</param>
    internal Variable AddNGrams(Tape tape, Variable logits, ReadOnlySpan<int> ids)
    {
        if (NGrams is null)
        {
            return logits;
        }

        return tape.Add(logits, tape.Rent<NGramOperation>().Forward(tape, NGrams, NGramsOf(ids, logits.Shape.Rows)));
    }

    private List<NGram>[] NGramsOf(ReadOnlySpan<int> ids, int streams)
    {
        List<NGram>[] found = new List<NGram>[streams];
        NGramReader reader = new(Configuration);
        for (int stream = 0; stream < streams; stream++)
        {
            reader.Clear();
            found[stream] = [];
            for (int i = stream; i < ids.Length && ids[i] >= 0; i += streams)
            {
                reader.Read(ids[i], found[stream]);
            }
        }

        return found;
    }

    /// <summary>What the logits of a text are computed from: its pooled states (B, d), or tanh(W h + b) of them.</summary>
    internal Variable Transform(Tape tape, Variable pooled) => _dense is null ? pooled
        : Configuration.PoolerActivation == PoolerActivation.Relu ? tape.LinearRelu(pooled, _dense, _denseBias!)
        : tape.Tanh(tape.Linear(pooled, _dense, _denseBias));

    /// <summary>
    /// Begins with the weights of a trained head, if both pool alike: with all if both predict the same labels, otherwise with the pooler. The weights of n-grams depend on labels and length alone.
    /// </summary>
    internal void BeginWith(TaskHead trained)
    {
        HeadConfiguration other = trained.Configuration;
        bool poolsSame = other.Pooling == Configuration.Pooling && other.PoolerActivation == Configuration.PoolerActivation;
        bool predictsSame = other.Kind == Configuration.Kind && other.Labels.SequenceEqual(Configuration.Labels);
        foreach (Parameter parameter in Parameters)
        {
            bool fits = parameter == NGrams ? predictsSame && other.NGrams == Configuration.NGrams : poolsSame && (predictsSame || parameter == _dense || parameter == _denseBias);
            if (fits
                && trained.Parameters.FirstOrDefault(there => there.Name == parameter.Name && there.Value.Shape == parameter.Value.Shape) is { } source)
            {
                source.Value.CopyTo(parameter.Value);
            }
        }
    }

    /// <summary>Begins with the pooler of an encoder, where both have one.</summary>
    internal void BeginWithPooler(LanguageModel model)
    {
        if (_dense is not null && Configuration.Pooling == HeadPooling.First && model is EncoderModel { PoolerWeight: { } weight, PoolerBias: { } bias } && Configuration.PoolerActivation == PoolerActivation.Tanh)
        {
            weight.Value.CopyTo(_dense.Value);
            bias.Value.CopyTo(_denseBias!.Value);
            GC.KeepAlive(model);
        }
    }

    /// <summary>Keys beside values of the pooling: (T, B, d) gives (T, B, 2d).</summary>
    internal Variable KeysValues(Tape tape, Variable states) => tape.Linear(states, _keyValue!);

    /// <summary>One vector for each stream (B, d), from all hidden states of its text.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="states">(T, B, d).</param>
    /// <param name="lengths">(B): tokens of each stream, at least 1.</param>
    internal Variable Pool(Tape tape, Variable states, int[] lengths)
    {
        int streams = lengths.Length;
        return Transform(tape, Configuration.Pooling switch
        {
            HeadPooling.First => tape.GatherRows(states, tape.Allocate([.. Enumerable.Range(0, streams)])),
            HeadPooling.Last => tape.GatherRows(states, tape.Allocate([.. lengths.Select((length, stream) => ((length - 1) * streams) + stream)])),
            HeadPooling.Mean => tape.MeanRows(states, tape.Allocate(lengths)),
            HeadPooling.Max => tape.MaxRows(states, tape.Allocate(lengths)),
            _ => Attend(tape, states, lengths),
        });
    }

    private Variable Attend(Tape tape, Variable states, int[] lengths)
    {
        int streams = lengths.Length;
        int[] zeros = new int[streams], ones = [.. Enumerable.Repeat(1, streams)];
        Variable query = tape.Embedding(_query!, tape.Allocate(zeros), new Shape(1, streams));
        Visibility visibility = Visibility.Cross.WithLengths(ones, lengths);
        Variable pooled = tape.Attention(query, KeysValues(tape, states), Heads, visibility);
        return tape.GatherRows(pooled, tape.Allocate([.. Enumerable.Range(0, streams)]));
    }
}
