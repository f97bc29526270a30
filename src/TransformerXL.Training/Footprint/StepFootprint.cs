using TransformerXL.Models;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Training.Footprint;

/// <summary>
/// What the values and gradients of a training step take. The requests of each step are laid out as the tape's arena does, because
/// the first steps, whose memory is not full, leave blocks that are too small for the later ones.
/// </summary>
internal sealed class StepFootprint
{
    // CrossEntropyOperation computes logits in tiles of this size.
    private const double TileFloats = 1 << 21, MinTileColumns = 256;
    private const int MaxSteps = 64;

    // Products of more values are divided along the depth.
    private const double MaxPacked = 1 << 22;

    private readonly ModelConfiguration _model;
    private readonly AttentionConfiguration? _attention;
    private readonly ContextConfiguration _context;
    private readonly double _streams, _width;
    private readonly IReadOnlyList<DocumentRows>? _documents;
    private readonly bool _recomputes;

    /// <param name="model">The architecture, resolved.</param>
    /// <param name="context">L and M.</param>
    /// <param name="streams">Streams that are computed at once.</param>
    /// <param name="documents">The steps of a training on documents; null for steps of one segment of a text.</param>
    /// <param name="recomputes">Whether the values of one layer at a time are kept (<see cref="TrainingConfiguration.Recompute"/>).</param>
    public StepFootprint(ModelConfiguration model, ContextConfiguration context, int streams, IReadOnlyList<DocumentRows>? documents = null, bool recomputes = false)
    {
        (_documents, _recomputes) = (documents, recomputes && model.Family.HasAttention);
        _context = documents is null ? context : context with { TargetLength = Math.Min(context.TargetLength, documents.Max(step => step.All)) };
        (_model, _attention, _streams) = (model, model as AttentionConfiguration, streams);
        _width = _attention is null ? 0 : (double)_attention.Heads * _attention.HeadSize;
    }

    /// <summary>Rows of a full segment, of all streams.</summary>
    private double Rows => (double)(_context.TargetLength + _context.ExtendedLength) * _streams;

    /// <summary>Bytes that the arenas of the tape take in the course of a training.</summary>
    public double ArenaBytes() => StepBytes() + (_recomputes ? LayerBytes() : 0);

    /// <summary>Bytes of the gradients of weights that lie in the memory of values: those of a layer in what the layer after it has returned.</summary>
    public double LentBytes()
    {
        double rows = Rows;
        bool learnsMemory = false;
        if (_documents is not null)
        {
            // A gradient is placed when the last segment is differentiated.
            DocumentRows longest = _documents.MaxBy(step => step.All)!;
            if (longest.Learned == 0)
            {
                return 0;
            }

            rows = ((longest.Learned - 1) % _context.TargetLength + 1) * _streams;
            learnsMemory = longest.LearnsMemory;
        }

        ArenaForecast arena = new();
        Segment(arena, rows, _context.MemoryLength, learnsMemory);
        int layers = _model.Layers, other = layers == 1 ? 2 : layers - 1;
        double values = arena.BytesInUse / layers, lent = 0;
        double weights = sizeof(float) * (double)Math.Abs(ModelFootprint.Parameters(_model) - ModelFootprint.Parameters(_model with { Layers = other }));
        if (_documents is null)
        {
            Loss(arena);
        }

        double free = arena.BytesInUse - (layers * values);
        for (int layer = 0; layer < layers; layer++)
        {
            double here = Math.Min(free, weights);
            lent += here;
            free += values - here;
        }

        return lent;
    }

    /// <summary>The values and gradients of a layer that is computed again, with a full memory.</summary>
    private double LayerBytes()
    {
        ArenaForecast arena = new();
        Layer(arena, _attention!, Rows, _context.MemoryLength, isFirst: true);
        Gradients(arena, _context.MemoryLength);
        return arena.BytesReserved;
    }

    private double StepBytes()
    {
        ArenaForecast arena = new();
        foreach (DocumentRows step in _documents ?? [])
        {
            arena.Reset();
            DocumentStep(arena, step);
        }

        if (_documents is not null)
        {
            return arena.BytesReserved;
        }

        int length = _context.TargetLength;
        int steps = Math.Min(MaxSteps, (_context.MemoryLength + length - 1) / length);
        for (int step = 0; step <= steps; step++)
        {
            // The last is a step with a full memory, however many it takes to fill it.
            int remembered = step == steps ? _context.MemoryLength : (int)Math.Min(_context.MemoryLength, (long)step * length);
            arena.Reset();
            Step(arena, remembered);
        }

        return arena.BytesReserved;
    }

    /// <summary>Bytes of the operands that a product packs for all threads; the largest counts.</summary>
    public double SharedBytes()
    {
        double keys = Rows + (_context.MemoryLength * _streams), d = _model.ModelSize;
        double inner = _attention?.InnerWidth ?? 4 * d;
        double packed = _attention is null
            ? Rows * Math.Max(d, _model.EmbeddingSize)
            : Math.Max(Rows * Math.Max(inner, _width), keys * d);
        return sizeof(float) * Math.Min(MaxPacked, Math.Max(packed, d * Math.Max(inner, 2 * _width)));
    }

    /// <summary>Bytes in which a thread packs keys, values and relative rows of a head.</summary>
    public double WorkerBytes()
    {
        const double PackedCopies = 12, Blocks = 1 << 18;
        double keys = _context.TargetLength + _context.ExtendedLength + _context.MemoryLength;
        return sizeof(float) * ((_attention is null ? 0 : PackedCopies * keys * (_attention.HeadSize + 16)) + Blocks);
    }

    /// <summary>Segments of documents, whose states are joined for the head.</summary>
    private void DocumentStep(ArenaForecast arena, DocumentRows step)
    {
        double width = _streams * _model.ModelSize;
        for (int first = 0; first < step.Remembered; first += _context.TargetLength)
        {
            arena.Allocate(Math.Min(_context.TargetLength, step.Remembered - first) * width);
        }

        for (int first = 0; first < step.Learned; first += _context.TargetLength)
        {
            Segment(arena, Math.Min(_context.TargetLength, step.Learned - first) * _streams, _context.MemoryLength, step.LearnsMemory);
        }

        double joined = step.All > _context.TargetLength ? step.All * width : 0;
        Allocate(arena, joined, joined);
        Gradients(arena, _context.MemoryLength);
    }

    private void Step(ArenaForecast arena, int remembered)
    {
        Segment(arena, Rows, remembered);
        Loss(arena);
        Gradients(arena, remembered);
    }

    private void Loss(ArenaForecast arena)
    {
        double d = _model.ModelSize, e = _model.EmbeddingSize;
        double vocabulary = _model.Cutoffs.Count == 0 ? _model.VocabularySize : _model.Cutoffs[0];
        Allocate(arena, Rows * d, e == d ? 0 : Rows * e, Rows * Math.Min(vocabulary, Math.Max(MinTileColumns, TileFloats / Rows)));
    }

    private void Segment(ArenaForecast arena, double rows, int remembered, bool learnsMemory = false)
    {
        double d = _model.ModelSize, e = _model.EmbeddingSize;
        arena.Allocate(rows * d);
        if (e != d)
        {
            arena.Allocate(rows * e);
            arena.Allocate(rows * d);
        }

        for (int layer = 0; layer < _model.Layers; layer++)
        {
            if (_attention is null)
            {
                Allocate(arena, 4 * rows * d, rows * d, rows * d);
            }
            else
            {
                Entry(arena, _attention, rows, remembered, layer, learnsMemory);
                if (_recomputes)
                {
                    arena.Allocate(rows * d);
                }
                else
                {
                    Layer(arena, _attention, rows, remembered, isFirst: layer == 0);
                }
            }
        }
    }

    /// <summary>What enters a layer: the memory before the rows, with their positions, and once more if gradients go through the memory.</summary>
    private void Entry(ArenaForecast arena, AttentionConfiguration model, double rows, int remembered, int layer, bool learnsMemory)
    {
        double d = model.ModelSize, keys = rows + (remembered * _streams);
        bool addsPositions = !model.Family.HasRelativePositions && (model.Family.LearnsPositions || layer == 0);
        Allocate(arena, addsPositions ? keys * d : 0, keys * d, learnsMemory ? keys * d : 0);
    }

    private void Layer(ArenaForecast arena, AttentionConfiguration model, double rows, int remembered, bool isFirst)
    {
        double d = model.ModelSize, keys = rows + (remembered * _streams);
        Allocate(arena, model.PreNorm ? keys * d : 0);
        double relative = model.Family.HasRelativePositions ? keys / _streams * _width : 0;
        Allocate(arena, rows * _width, 2 * keys * _width, relative, rows * model.Heads, rows * _width, rows * d, rows * d, 2 * Rows);

        // Normalised values and activations are computed again in the backward pass, except ReLU.
        if (model.PreNorm)
        {
            arena.Release(keys * d);
        }
        else if (!isFirst)
        {
            arena.Release(rows * d);
        }

        bool restoresInner = model.Activation != FeedForwardActivation.Relu;
        Allocate(arena, model.PreNorm ? rows * d : 0, rows * model.InnerWidth);
        Allocate(arena, restoresInner ? rows * model.InnerSize : 0, rows * d, rows * d, 2 * Rows);
        arena.Release(rows * d);
        if (restoresInner)
        {
            arena.Release(rows * model.InnerSize);
        }
    }

    /// <summary>Gradients are given back during the backward pass, to those of the same size; so the largest of each size and a few of the most frequent live at once.</summary>
    private void Gradients(ArenaForecast arena, int remembered)
    {
        arena.BeginReturn();
        double d = _model.ModelSize, keys = Rows + (remembered * _streams);
        double[] sizes = _attention is null
            ? [4 * Rows * d, Rows * d]
            : [Rows * d, Rows * _attention.InnerSize, Rows * _attention.InnerWidth, Rows * _width, 2 * keys * _width, keys * d, keys / _streams * _width];
        double restored = _attention is null ? 0 : Rows * d;
        Allocate(arena, [.. sizes.Distinct(), Rows * d, restored]);
    }

    private static void Allocate(ArenaForecast arena, params ReadOnlySpan<double> sizes)
    {
        foreach (double floats in sizes)
        {
            if (floats > 0)
            {
                arena.Allocate(floats);
            }
        }
    }
}
