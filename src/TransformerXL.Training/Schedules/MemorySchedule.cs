using TransformerXL.Models;
using TransformerXL.Tensors.Random;
using TransformerXL.Tensors;

namespace TransformerXL.Training.Schedules;

/// <summary>
/// How many tokens of memory each step reads. Most steps read the memory length M of the context. A share of them, drawn at random,
/// reads more: M (longest / M)^x with x from 0 to 1, all ratios alike. The model then knows the scores of many keys and of far ones, and
/// a memory that is longer than M in an evaluation does no harm (compare the random positions of Ruoss et al. 2023), while most steps
/// stay cheap. The lengths are a function of the seed and the step.
/// </summary>
internal sealed class MemorySchedule
{
    private const ulong Purpose = 0x6D656D6F;
    private const int Samples = 16;

    private readonly int _usual, _longest;
    private readonly double _share;
    private readonly ulong _seed;

    /// <summary>Creates the schedule of a training.</summary>
    /// <param name="context">M.</param>
    /// <param name="training">The longest memory, the share of the steps and the seed.</param>
    public MemorySchedule(ContextConfiguration context, TrainingConfiguration training)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(training);
        (_usual, _seed) = (context.MemoryLength, training.Seed);
        (_longest, _share) = training.LongMemoryLength > 0 ? (training.LongMemoryLength, training.LongMemoryShare) : (_usual, 0);
    }

    /// <summary>The most tokens that a step reads, and the length of the memory that must be kept.</summary>
    public int Longest => Math.Max(_usual, _longest);

    /// <summary>The tokens of memory that an optimizer step, counted from 1, reads.</summary>
    public int LengthAt(long optimizerStep)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(optimizerStep, 1);
        if (_share == 0)
        {
            return _usual;
        }

        RandomStream random = new(_seed, (Purpose << 32) | (uint)optimizerStep);
        return random.NextDouble() < _share ? Length(random.NextDouble()) : _usual;
    }

    /// <summary>The operations of a step on average, once the memory is full.</summary>
    /// <param name="model">The architecture.</param>
    /// <param name="rows">Rows of a segment.</param>
    /// <param name="streams">B.</param>
    internal double MeanOperations(ModelConfiguration model, int rows, int streams)
    {
        double usual = ModelCost.Training(model, rows, _usual, streams);
        if (_share == 0)
        {
            return usual;
        }

        double mean = Enumerable.Range(0, Samples).Average(i => ModelCost.Training(model, rows, Length((i + 0.5) / Samples), streams));
        return usual + (_share * (mean - usual));
    }

    /// <summary>What the operations of a step are on average, as a multiple of those of a step that reads M tokens.</summary>
    internal double MeanCost(ModelConfiguration model, int rows, int streams) =>
        MeanOperations(model, rows, streams) / ModelCost.Training(model, rows, _usual, streams);

    private int Length(double x)
    {
        double shortest = Math.Max(1, _usual);
        return (int)Math.Round(shortest * PortableMath.Pow(_longest / shortest, x));
    }
}
