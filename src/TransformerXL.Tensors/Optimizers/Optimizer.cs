using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Collectives;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>
/// Updates parameters from their gradients. A parameter without a gradient and its step count do not change. The
/// result does not depend on the number of threads, and a warm step allocates nothing.
/// </summary>
public abstract class Optimizer
{
    private readonly OptimizerSlot[] _slots;

    /// <summary>Creates the state, all zero.</summary>
    /// <param name="parameters">The parameters to update.</param>
    /// <param name="options">The constants.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="decays">Whether weight decay acts on a parameter; on all if null.</param>
    /// <param name="names">The names of the state tensors of a parameter.</param>
    private protected Optimizer(IEnumerable<Parameter> parameters, OptimizerOptions options, Backend backend, Func<Parameter, bool>? decays, Func<Parameter, string[]> names)
    {
        (Options, Backend) = (options, backend);
        _slots = [.. parameters.Select(parameter => new OptimizerSlot(parameter, decays?.Invoke(parameter) == false ? 0 : options.WeightDecay, names(parameter)))];
    }

    private protected OptimizerOptions Options { get; }

    private protected Backend Backend { get; }

    private protected IReadOnlyList<OptimizerSlot> Slots => _slots;

    /// <summary>Steps taken by each parameter, in the order of the parameters.</summary>
    public IReadOnlyList<long> Steps
    {
        get => [.. _slots.Select(slot => slot.Steps)];
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            ArgumentOutOfRangeException.ThrowIfNotEqual(value.Count, _slots.Length);
            for (int i = 0; i < _slots.Length; i++)
            {
                _slots[i].Steps = value[i];
            }
        }
    }

    /// <summary>Creates the optimizer of the given options.</summary>
    /// <param name="parameters">The parameters to update.</param>
    /// <param name="options">Kind and constants.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="decays">Whether weight decay acts on a parameter; on all if null.</param>
    /// <param name="matrices">The number of matrices stacked in a parameter, for <see cref="Muon"/>; one if null.</param>
    public static Optimizer Create(
        IEnumerable<Parameter> parameters, OptimizerOptions options, Backend backend, Func<Parameter, bool>? decays = null, Func<Parameter, int>? matrices = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Kind switch
        {
            OptimizerKind.Adam => new Adam(parameters, options, backend, decays),
            OptimizerKind.AdamW => new AdamW(parameters, options, backend, decays),
            OptimizerKind.Sgd => new Sgd(parameters, options, backend, decays),
            OptimizerKind.Adagrad => new Adagrad(parameters, options, backend, decays),
            OptimizerKind.Muon => new Muon(parameters, options, backend, decays, matrices),
            OptimizerKind.Lamb => new Lamb(parameters, options, backend, decays),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Kind, "no such optimizer"),
        };
    }

    /// <summary>The Euclidean norm of gradients together; parameters without one count as zero.</summary>
    /// <param name="counts">Whether a parameter is part of it; all are if null.</param>
    public double GradientNorm(Func<Parameter, bool>? counts = null)
    {
        using BackendUse use = Backend.Enter();
        double sum = 0;
        foreach (OptimizerSlot slot in _slots)
        {
            if (slot.Parameter.HasGradient && counts?.Invoke(slot.Parameter) != false)
            {
                sum += Backend.SumOfSquares(slot.Parameter.Gradient);
            }
        }

        return Math.Sqrt(sum);
    }

    /// <summary>
    /// Gives a gradient of zeros to each parameter that was updated before and has no gradient now, so that its moments keep
    /// decaying, as in the reference's training.
    /// </summary>
    public void ZeroMissingGradients()
    {
        foreach (OptimizerSlot slot in _slots)
        {
            if (slot.Steps > 0 && !slot.Parameter.HasGradient)
            {
                slot.Parameter.ZeroGradient();
            }
        }
    }

    /// <summary>Updates every parameter that has a gradient and removes the gradient.</summary>
    /// <param name="learningRate">The rate of this step.</param>
    /// <param name="gradientScale">The factor that gradients are multiplied by first.</param>
    /// <param name="scales">Whether the gradient of a parameter is scaled; all are if null.</param>
    public void Step(double learningRate, double gradientScale = 1, Func<Parameter, bool>? scales = null)
    {
        using BackendUse use = Backend.Enter();
        foreach (OptimizerSlot slot in _slots)
        {
            if (slot.Parameter.HasGradient)
            {
                slot.Steps++;
                Move(slot, learningRate * slot.RateFactor, scales?.Invoke(slot.Parameter) == false ? 1 : gradientScale);
            }
        }

        Complete();
        foreach (OptimizerSlot slot in _slots)
        {
            slot.Parameter.ClearGradient();
        }
    }

    /// <summary>Sets a learning rate factor for each parameter; the default is 1.</summary>
    /// <param name="factors">The factor of a parameter.</param>
    public void SetRateFactors(Func<Parameter, double> factors)
    {
        ArgumentNullException.ThrowIfNull(factors);
        foreach (OptimizerSlot slot in _slots)
        {
            slot.RateFactor = factors(slot.Parameter);
        }
    }

    /// <summary>
    /// Divides the updates among processes that train one model, if that is faster than the same update in each of them. Only <see cref="Muon"/> does it; other updates take less time than sending the weights. The
    /// weights have the same bits either way.
    /// </summary>
    /// <param name="collective">The processes; each calls <see cref="Step"/> with the same gradients.</param>
    public virtual void DivideUpdates(ICollective collective)
    {
    }

    /// <summary>The state that a resumed training needs besides the step counts, in the order of the parameters.</summary>
    public IEnumerable<OptimizerTensor> State()
    {
        foreach (OptimizerSlot slot in _slots)
        {
            for (int i = 0; i < slot.Names.Length; i++)
            {
                yield return new OptimizerTensor(slot.Parameter, slot.Names[i], slot.State[i]);
            }
        }
    }

    /// <summary>Updates one parameter, whose step count is already increased, or prepares the update for <see cref="Complete"/>.</summary>
    private protected abstract void Move(OptimizerSlot slot, double learningRate, double gradientScale);

    /// <summary>Runs the updates that <see cref="Move"/> prepared.</summary>
    private protected virtual void Complete()
    {
    }
}
