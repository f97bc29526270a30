using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Collectives;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>
/// Muon (Jordan et al. 2024): the step of a matrix is the mean of its gradients with all singular values brought near 1, so
/// that rare directions move as far as frequent ones; with Nesterov's momentum. Parameters that are not matrices are updated by AdamW. A step of
/// a matrix is 0.2 sqrt(max(rows, columns)) times the learning rate, so that its values move by as much as AdamW's would (Liu
/// et al. 2025), times <see cref="OptimizerOptions.MatrixRate"/>. Gradients may be as large as 1e18.
/// </summary>
public sealed class Muon : AdamW
{
    private const double CustomaryMomentum = 0.95;

    // The matrices of the current step. An entry whose parameter has no gradient keeps its default value.
    private readonly MuonMatrix[] _batch;
    private readonly Dictionary<OptimizerSlot, (int First, int Count)> _matrices = [];
    private MuonShares? _shares;

    /// <summary>Creates means and moments, all zero.</summary>
    /// <param name="parameters">The parameters to update.</param>
    /// <param name="options">The constants.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="decays">Whether weight decay acts on a parameter; on all if null.</param>
    /// <param name="matrices">
    /// The number of matrices of the same height stacked in a parameter of two axes; 0 for one that AdamW
    /// updates. One if null.
    /// </param>
    /// <exception cref="ArgumentException">A parameter cannot be divided into this number of matrices, or AMSGrad is set.</exception>
    public Muon(
        IEnumerable<Parameter> parameters, OptimizerOptions options, Backend backend, Func<Parameter, bool>? decays = null, Func<Parameter, int>? matrices = null)
        : base(parameters, options, backend, decays, parameter => MatricesOf(parameter, matrices) == 0 ? MomentNames(options) : ["muon.m"])
    {
        if (options.AmsGrad)
        {
            throw new ArgumentException("Muon does not support AMSGrad", nameof(options));
        }

        // The largest first, so that the threads finish together.
        int next = 0;
        foreach ((OptimizerSlot slot, int count) in Slots
            .Select(slot => (Slot: slot, Count: MatricesOf(slot.Parameter, matrices)))
            .Where(pair => pair.Count > 0)
            .OrderByDescending(pair => pair.Slot.Parameter.Shape.Count / pair.Count))
        {
            _matrices[slot] = (next, count);
            next += count;
        }

        _batch = new MuonMatrix[next];
    }

    /// <inheritdoc/>
    public override void DivideUpdates(ICollective collective)
    {
        ArgumentNullException.ThrowIfNull(collective);
        _shares = collective.Size > 1 ? new MuonShares(collective) : null;
    }

    private protected override void Move(OptimizerSlot slot, double learningRate, double gradientScale)
    {
        if (!_matrices.TryGetValue(slot, out (int First, int Count) matrices))
        {
            base.Move(slot, learningRate, gradientScale);
            return;
        }

        Parameter parameter = slot.Parameter;
        int rows = parameter.Shape[0] / matrices.Count, columns = parameter.Shape[1];
        double momentum = Options.Momentum ?? CustomaryMomentum;
        MuonConstants constants = new()
        {
            GradientScale = (float)gradientScale,
            Momentum = (float)momentum,
            OneMinusMomentum = (float)(1 - momentum),
            Shrinkage = (float)(learningRate * slot.WeightDecay),
            StepSize = (float)(learningRate * Options.MatrixRate * 0.2 * Math.Sqrt(Math.Max(rows, columns))),
        };
        for (int i = 0; i < matrices.Count; i++)
        {
            int first = i * rows;
            _batch[matrices.First + i] = new MuonMatrix
            {
                Value = parameter.Stored.Slice(first, rows),
                Gradient = parameter.Gradient.Slice(first, rows),
                Mean = slot.State[0].Slice(first, rows),
                Constants = constants,
            };
        }
    }

    /// <summary>All matrices at once: each thread takes the next.</summary>
    private protected override void Complete()
    {
        try
        {
            if (_shares is null)
            {
                Backend.MuonStep(_batch);
            }
            else
            {
                _shares.Step(_batch, Backend);
            }
        }
        finally
        {
            Array.Clear(_batch);
        }
    }

    private static int MatricesOf(Parameter parameter, Func<Parameter, int>? matrices)
    {
        if (parameter.Shape.Rank != 2)
        {
            return 0;
        }

        int count = matrices?.Invoke(parameter) ?? 1;
        return count == 0 || (count > 0 && parameter.Shape[0] % count == 0)
            ? count
            : throw new ArgumentException($"{parameter.Name} {parameter.Shape} cannot be divided into {count} matrices", nameof(matrices));
    }
}
