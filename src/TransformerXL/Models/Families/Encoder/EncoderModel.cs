using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// The encoder of Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding": embeddings of tokens, positions
/// and token types with LayerNorm, layers of attention in both directions, and a head that predicts masked tokens. With a memory (Dai et al. 2019) every
/// token also sees the states of earlier segments.
/// </summary>
public sealed class EncoderModel : LanguageModel
{
    /// <summary>The name of the pooler. That of a head has another one, because a checkpoint of a task holds both.</summary>
    internal const string PoolerName = "body_pooler.dense";

    private readonly Parameter? _places, _types, _query;
    private readonly EncoderSinusoids? _sinusoids;
    private readonly LayerNorm? _embeddingNorm, _finalNorm, _transformNorm;
    private readonly EncoderLayer[] _layers;
    private readonly Parameter? _transform, _transformBias;

    /// <summary>Creates a model with random weights.</summary>
    /// <param name="configuration">The architecture.</param>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <exception cref="InputException">The configuration is not valid.</exception>
    public EncoderModel(EncoderConfiguration configuration, ulong seed = 1)
        : this(configuration, seed, dry: false)
    {
    }

    internal EncoderModel(EncoderConfiguration configuration, ulong seed, bool dry)
        : base(configuration, seed, dry)
    {
        configuration = Configuration;
        int size = configuration.ModelSize;
        Embedding = new InputEmbedding(configuration, new Clusters(configuration), Parameters);
        _places = configuration.Positions == EncoderPositions.Learned
            ? Parameters.Weight("position_emb.weight", new Shape(Math.Max(1, configuration.PositionRows), size), ParameterRole.Embedding) : null;
        _types = configuration.TokenTypes > 0 ? Parameters.Weight("type_emb.weight", new Shape(configuration.TokenTypes, size), ParameterRole.Embedding) : null;
        _query = configuration.TwoStreams ? Parameters.Weight("query_emb.weight", new Shape(1, size), ParameterRole.Embedding) : null;
        _embeddingNorm = configuration.OmitsEmbeddingNorm ? null : new LayerNorm(configuration, Parameters, "emb_norm");
        _layers = [.. Enumerable.Range(0, configuration.Layers).Select(layer => CreateLayer(() => new EncoderLayer(configuration, Parameters, layer)))];
        _finalNorm = configuration.FinalNorm ? new LayerNorm(configuration, Parameters, "final_norm") : null;
        if (configuration is { PredictsMaskedTokens: true, OmitsPredictionTransform: false })
        {
            _transform = Parameters.Weight("masked.transform.weight", new Shape(size, size), ParameterRole.Matrix());
            _transformBias = Parameters.Zeros("masked.transform.bias", new Shape(size), ParameterRole.Bias);
            _transformNorm = new LayerNorm(configuration, Parameters, "masked.layer_norm");
        }

        if (configuration.Pooler)
        {
            PoolerWeight = Parameters.Weight(PoolerName + ".weight", new Shape(size, size), ParameterRole.Matrix());
            PoolerBias = Parameters.Zeros(PoolerName + ".bias", new Shape(size), ParameterRole.Bias);
        }

        Softmax = new OutputSoftmax(configuration, Embedding, Parameters);
        _sinusoids = configuration.Positions == EncoderPositions.Learned ? null : new EncoderSinusoids(size);
    }

    /// <inheritdoc/>
    public override EncoderConfiguration Configuration => (EncoderConfiguration)base.Configuration;

    /// <inheritdoc/>
    public override HiddenMemory CreateState(int memoryLength, int streams) => new EncoderMemory(Configuration.Layers, memoryLength, streams, Configuration.ModelSize);

    /// <summary>W of the pooler (d, d); null where there is none.</summary>
    internal Parameter? PoolerWeight { get; }

    /// <summary>b of the pooler (d); null where there is none.</summary>
    internal Parameter? PoolerBias { get; }

    /// <summary>LayerNorm(GELU(h W^T + b)), or h itself without the transform.</summary>
    /// <exception cref="InputException">The model has no head that predicts masked tokens.</exception>
    internal override Variable Predicting(Tape tape, Variable hidden) => !Configuration.PredictsMaskedTokens
        ? throw new InputException("the encoder has no head that predicts masked tokens: it was imported from a model without one. Its hidden states serve vectors of texts, and tasks")
        : _transform is null ? hidden : _transformNorm!.Forward(tape, tape.LinearGelu(hidden, _transform, _transformBias!));

    private protected override Variable ForwardCore(
        Tape tape, IndexTensor ids, ModelState state, ContextConfiguration context, DropoutRates dropout, int results, HiddenCapture? capture) =>
        Forward(tape, ids, state, context, dropout, capture, null);

    /// <summary>The forward pass, seen by a trace.</summary>
    internal Variable Forward(Tape tape, IndexTensor ids, ModelState state, ContextConfiguration context, DropoutRates dropout, HiddenCapture? capture, ForwardTrace? trace)
    {
        EncoderMemory memory = (EncoderMemory)state;
        int tokens = ids.Count / state.Streams, memoryRows = memory.RowsRead;
        IndexTensor? types = _types is null && !Configuration.RelativeSegments ? null : Types(tape, ids, memory);
        Variable h = Embed(tape, Embedding.Forward(tape, ids, memory, 0), ids, types, tokens, dropout);
        EncoderPass pass = new(Distances(tape, tokens, memoryRows, context, dropout), Seen(state), dropout, Segments(types, memoryRows, state.Streams));
        for (int n = 0; n < _layers.Length; n++)
        {
            capture?.Take(n, h.Value);
            trace?.Hidden[n] = h.Value;
            BeginLayer(tape, n);
            Variable seen = Remember(tape, n, h, memory, memoryRows, context);
            h = tape.Recomputes ? Recompute(tape, _layers[n], h, seen, pass) : _layers[n].Forward(tape, h, seen, pass with { Trace = trace?.Attention[n] });
        }

        h = Final(tape, h, dropout);
        trace?.Hidden[_layers.Length] = h.Value;
        capture?.Take(_layers.Length, h.Value);
        return h;
    }

    private static Variable Recompute(Tape tape, EncoderLayer layer, Variable h, Variable context, EncoderPass pass) => tape.Recompute(h, input => layer.Forward(tape, input, context, pass));

    /// <summary>
    /// The states of the query stream (Yang et al. 2019, section 2.3), which predict the tokens of their own places from those of lower ranks and of the memory; the memory then ends with this segment.
    /// </summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="ids">Token ids (L, B).</param>
    /// <param name="ranks">(L, B): places of the same rank know each other's content, but do not predict from it.</param>
    /// <param name="state">What is remembered of earlier segments, read and then updated.</param>
    /// <param name="context">The lengths.</param>
    /// <param name="dropout">Dropout of this step.</param>
    /// <returns>(L, B, d).</returns>
    internal Variable ForwardQueries(Tape tape, IndexTensor ids, int[] ranks, ModelState state, ContextConfiguration context, DropoutRates dropout)
    {
        EncoderMemory memory = (EncoderMemory)state;
        int streams = state.Streams, tokens = ids.Count / streams, memoryRows = memory.RowsRead;
        IndexTensor? types = _types is null && !Configuration.RelativeSegments ? null : Types(tape, ids, memory);
        Variable h = Embed(tape, Embedding.Forward(tape, ids, memory, 0), ids, types, tokens, dropout);
        IndexTensor zeros = tape.Allocate(ids.Span);
        zeros.Span.Clear();
        Variable g = Embed(tape, tape.Embedding(_query!, zeros, new Shape(tokens, streams)), ids, types, tokens, dropout);
        Variable? r = Distances(tape, tokens, memoryRows, context, dropout);
        KeySegments? segments = Segments(types, memoryRows, streams);
        EncoderPass content = new(r, Seen(state).WithRanks(ranks, streams, seesOwnRank: true), dropout, segments);
        EncoderPass query = content with { Visibility = Seen(state).WithRanks(ranks, streams, seesOwnRank: false) };
        for (int n = 0; n < _layers.Length; n++)
        {
            BeginLayer(tape, n);
            bool isLast = n == _layers.Length - 1;
            (Variable? next, g) = _layers[n].ForwardStreams(tape, h, g, Remember(tape, n, h, memory, memoryRows, context), isLast ? null : content, query);
            h = next ?? h;
        }

        return Final(tape, g, dropout);
    }

    /// <summary>The texts of all keys by the types of the tokens; those of the memory are of the first text.</summary>
    private KeySegments? Segments(IndexTensor? types, int memoryRows, int streams) =>
        Configuration.RelativeSegments ? new KeySegments([.. new int[memoryRows * streams], .. types!.Value.Span], streams) : null;

    private static Visibility Seen(ModelState state) => state.Lengths.IsEmpty ? Visibility.Bidirectional : Visibility.Bidirectional.WithLengths(state.Lengths);

    private Variable? Distances(Tape tape, int tokens, int memoryRows, ContextConfiguration context, DropoutRates dropout) => Configuration.Positions == EncoderPositions.Relative
        ? tape.Dropout(tape.Constant(_sinusoids!.Distances(memoryRows + tokens - 1, 1 - tokens, context.ClampLength)), dropout.Hidden) : null;

    private Variable Final(Tape tape, Variable h, DropoutRates dropout) => _finalNorm is null ? h : tape.Dropout(_finalNorm.Forward(tape, h), dropout.Hidden);

    /// <summary>dropout(LayerNorm(token + position + type)): (L, B, d).</summary>
    private Variable Embed(Tape tape, Variable h, IndexTensor ids, IndexTensor? types, int tokens, DropoutRates dropout)
    {
        int size = Configuration.ModelSize, streams = ids.Count / tokens;
        if (_places is not null)
        {
            Require.That(
                tokens <= _places.Shape[0],
                $"a segment has {tokens} tokens, but the encoder has learned {_places.Shape[0]} positions; use segments of at most so many, or relative positions",
                [new("context.targetLength")]);
            h = Configuration.RestartsPositions
                ? Sum(tape, h, tape.Embedding(_places, Places(tape, ids, streams), new Shape(tokens, streams)))
                : Then(tape, h, tape.AddRows(h, tape.TableRows(_places, 0, tokens, new Shape(tokens, size))));
        }
        else if (Configuration.Positions == EncoderPositions.Sinusoidal)
        {
            Variable places = tape.Constant(_sinusoids!.Places(tokens));
            h = Configuration.RestartsPositions
                ? Sum(tape, h, tape.Embedding(places, Places(tape, ids, streams), new Shape(tokens, streams)))
                : Then(tape, h, tape.AddRows(h, places));
        }

        if (types is { } ofTokens && _types is not null)
        {
            h = Sum(tape, h, tape.Embedding(_types, ofTokens, new Shape(tokens, streams)));
        }

        return tape.Dropout(_embeddingNorm is null ? h : Then(tape, h, _embeddingNorm.Forward(tape, h)), dropout.Hidden);
    }

    /// <summary>The sum of two values that nothing else reads.</summary>
    private static Variable Sum(Tape tape, Variable h, Variable other)
    {
        Variable sum = tape.Add(h, other);
        tape.Recycle(other);
        return Then(tape, h, sum);
    }

    /// <summary>The value computed from another one, which nothing else reads.</summary>
    private static Variable Then(Tape tape, Variable last, Variable next)
    {
        tape.Recycle(last);
        return next;
    }

    /// <summary>The type of each token: the separators before it in its stream, at most the last type where types have embeddings.</summary>
    private IndexTensor Types(Tape tape, IndexTensor ids, EncoderMemory memory)
    {
        IndexTensor types = tape.Allocate(ids.Span);
        Span<int> values = types.Span, separators = memory.Separators;
        for (int i = 0; i < values.Length; i++)
        {
            int stream = i % memory.Streams;
            bool separates = values[i] == Configuration.SeparatorId;
            values[i] = _types is null ? separators[stream] : Math.Min(separators[stream], Configuration.TokenTypes - 1);
            separators[stream] += separates ? 1 : 0;
        }

        return types;
    }

    /// <summary>The place of each token in its segment, or in the text after the last separator before it.</summary>
    private IndexTensor Places(Tape tape, IndexTensor ids, int streams)
    {
        IndexTensor places = tape.Allocate(ids.Span);
        Span<int> values = places.Span;
        int[] next = new int[streams];
        for (int i = 0; i < values.Length; i++)
        {
            bool separates = values[i] == Configuration.SeparatorId;
            values[i] = next[i % streams];
            next[i % streams] = separates ? 0 : next[i % streams] + 1;
        }

        return places;
    }

    /// <summary>h~ = [SG(m); h] of a layer; the memory then ends with h.</summary>
    private static Variable Remember(Tape tape, int layer, Variable h, EncoderMemory memory, int memoryRows, ContextConfiguration context)
    {
        Variable all = memoryRows > 0 ? tape.Concatenate(memory.Past(tape, layer), h) : h;
        if (memory.LearnsFrom == tape && memory.LearnsFrom is not null)
        {
            // A value of its own: what attention projects has no second reader.
            memory.Keep(tape, layer, tape.Concatenate(memoryRows > 0 ? memory.Past(tape, layer) : null, h));
        }

        memory.Update(layer, h.Value, context);
        return all;
    }
}
