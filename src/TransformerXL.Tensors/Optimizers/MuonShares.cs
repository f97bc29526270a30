using System.Diagnostics;
using TransformerXL.Tensors.Collectives;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>
/// The matrices of <see cref="Muon"/> divided among processes: each updates its own and sends them to the others. Over a slow link this takes longer than if every process updates all,
/// so that both are measured in the first steps. The weights have the same bits either way.
/// </summary>
internal sealed class MuonShares(ICollective collective)
{
    // The first step of each kind allocates and compiles.
    private const int WholeSteps = 2, MeasuredSteps = 4;

    private int[] _owners = [];
    private double _wholeSeconds;
    private int _steps;
    private bool _divides;

    /// <summary>Updates the matrices.</summary>
    /// <param name="matrices">Those of the step, in the same order in all processes, the largest first.</param>
    /// <param name="backend">The backend that computes.</param>
    public void Step(MuonMatrix[] matrices, Backend backend)
    {
        if (_steps < MeasuredSteps)
        {
            Measure(matrices, backend);
        }
        else
        {
            Update(matrices, backend, _divides);
        }
    }

    /// <summary>Two steps by every process, two divided ones; the second of each counts.</summary>
    private void Measure(MuonMatrix[] matrices, Backend backend)
    {
        bool divides = _steps++ >= WholeSteps;
        long begin = Stopwatch.GetTimestamp();
        Update(matrices, backend, divides);
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        if (!divides)
        {
            _wholeSeconds = seconds;
        }
        else if (_steps == MeasuredSteps)
        {
            double[] all = new double[2 * collective.Size];
            collective.Gather([_wholeSeconds, seconds], all);
            _divides = Slowest(all, 1) < Slowest(all, 0);
        }
    }

    private void Update(MuonMatrix[] matrices, Backend backend, bool divides)
    {
        if (divides)
        {
            Divide(matrices);
        }

        backend.MuonStep(matrices);
        for (int i = 0; divides && i < matrices.Length; i++)
        {
            if (!matrices[i].Value.IsEmpty)
            {
                collective.Broadcast(matrices[i].Value, _owners[i]);
            }
        }
    }

    private void Divide(MuonMatrix[] matrices)
    {
        if (_owners.Length != matrices.Length)
        {
            _owners = Owners(matrices);
        }

        for (int i = 0; i < matrices.Length; i++)
        {
            matrices[i].KeepsValue = _owners[i] != collective.Rank;
        }
    }

    /// <summary>Each matrix belongs to the process with the least work so far. A step multiplies the shorter side by itself and by the longer one.</summary>
    private int[] Owners(MuonMatrix[] matrices)
    {
        double[] work = new double[collective.Size];
        int[] owners = new int[matrices.Length];
        for (int i = 0; i < owners.Length; i++)
        {
            int owner = Array.IndexOf(work, work.Min());
            Shape shape = matrices[i].Value.Shape;
            double rows = matrices[i].Value.IsEmpty ? 0 : shape[0], columns = matrices[i].Value.IsEmpty ? 0 : shape[1];
            work[owner] += rows * columns * Math.Min(rows, columns);
            owners[i] = owner;
        }

        return owners;
    }

    /// <summary>Every second value is of the same kind.</summary>
    private static double Slowest(double[] seconds, int kind) => seconds.Where((_, i) => i % 2 == kind).Max();
}
