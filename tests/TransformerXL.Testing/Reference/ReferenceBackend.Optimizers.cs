using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Reference;

/// <content>Steps of optimizers.</content>
public sealed partial class ReferenceBackend
{
    private const double LargestLambNorm = 10;

    internal override void AdamStep(in AdamConstants constants, Tensor value, Tensor gradient, MomentPrecision moments, Tensor first, Tensor second, Tensor largestSecond)
    {
        for (int i = 0; i < value.Count; i++)
        {
            double x = value.Span[i], g = (constants.GradientScale * (double)gradient.Span[i]) + (constants.WeightDecay * x);
            (float oldM, float oldV) = moments == MomentPrecision.Bfloat16 ? (Simd1.UpperBfloat16(first.Span[i]), Simd1.LowerBfloat16(first.Span[i])) : (first.Span[i], second.Span[i]);
            double m = (constants.Beta1 * (double)oldM) + (constants.OneMinusBeta1 * g);
            double v = (constants.Beta2 * (double)oldV) + (constants.OneMinusBeta2 * g * g);
            if (moments == MomentPrecision.Bfloat16)
            {
                // The rounding of the product: that of values which differ in the last bit has other random bits.
                first.Span[i] = Simd1.JoinBfloat16((float)m, (float)v, constants.RoundingSeed + ((uint)i * Rounding.LaneSeed));
            }
            else
            {
                (first.Span[i], second.Span[i]) = ((float)m, (float)v);
            }

            if (!largestSecond.IsEmpty)
            {
                v = Math.Max(v, largestSecond.Span[i]);
                largestSecond.Span[i] = (float)v;
            }

            x -= constants.Shrinkage * x;
            value.Span[i] = (float)(x - (constants.StepSize * m / ((Math.Sqrt(v) * constants.SecondMomentScale) + constants.Epsilon)));
        }
    }

    internal override void SgdStep(in SgdConstants constants, Tensor value, Tensor gradient, Tensor velocity)
    {
        for (int i = 0; i < value.Count; i++)
        {
            double x = value.Span[i], step = (constants.GradientScale * (double)gradient.Span[i]) + (constants.WeightDecay * x);
            if (!velocity.IsEmpty)
            {
                double b = (constants.Momentum * (double)velocity.Span[i]) + (constants.GradientShare * step);
                velocity.Span[i] = (float)b;
                step = constants.Nesterov ? step + (constants.Momentum * b) : b;
            }

            value.Span[i] = (float)(x - (constants.LearningRate * step));
        }
    }

    internal override void AdagradStep(in AdagradConstants constants, Tensor value, Tensor gradient, Tensor squareSum)
    {
        for (int i = 0; i < value.Count; i++)
        {
            double x = value.Span[i], g = (constants.GradientScale * (double)gradient.Span[i]) + (constants.WeightDecay * x);
            double sum = squareSum.Span[i] + (g * g);
            squareSum.Span[i] = (float)sum;
            value.Span[i] = (float)(x - (constants.LearningRate * g / (Math.Sqrt(sum) + constants.Epsilon)));
        }
    }

    internal override void AnchoredStep(in AnchoredConstants constants, Tensor value, Tensor anchor, Tensor gradient, Tensor scale)
    {
        for (int i = 0; i < value.Count; i++)
        {
            double x = value.Span[i], s = scale.IsEmpty ? 1 : scale.Span[i], pull = scale.IsEmpty ? constants.Pull : Math.Min(1, constants.Pull * s);
            double step = gradient.IsEmpty ? 0 : gradient.Span[i] / (scale.IsEmpty ? 1 : s + constants.Epsilon);
            value.Span[i] = (float)(x + (pull * (anchor.Span[i] - x)) - (constants.LearningRate * step));
        }
    }

    internal override void LambStep(in LambConstants constants, Tensor value, Tensor gradient, Tensor first, Tensor second)
    {
        double[] update = new double[value.Count];
        double norm = 0, updateNorm = 0;
        for (int i = 0; i < update.Length; i++)
        {
            double x = value.Span[i], g = constants.GradientScale * (double)gradient.Span[i];
            double m = (constants.Beta1 * (double)first.Span[i]) + (constants.OneMinusBeta1 * g);
            double v = (constants.Beta2 * (double)second.Span[i]) + (constants.OneMinusBeta2 * g * g);
            (first.Span[i], second.Span[i]) = ((float)m, (float)v);
            update[i] = (m / (Math.Sqrt(v) + constants.Epsilon)) + (constants.WeightDecay * x);
            norm += x * x;
            updateNorm += update[i] * update[i];
        }

        (norm, updateNorm) = (Math.Min(Math.Sqrt(norm), LargestLambNorm), Math.Sqrt(updateNorm));
        double trust = norm == 0 || updateNorm == 0 ? 1 : norm / (updateNorm + constants.Epsilon);
        for (int i = 0; i < update.Length; i++)
        {
            value.Span[i] = (float)(value.Span[i] - (constants.LearningRate * trust * update[i]));
        }
    }

    internal override void MuonStep(MuonMatrix[] matrices)
    {
        foreach (MuonMatrix matrix in matrices)
        {
            if (!matrix.Value.IsEmpty)
            {
                MuonStep(matrix);
            }
        }
    }

    private static void MuonStep(in MuonMatrix matrix)
    {
        MuonConstants constants = matrix.Constants;
        double[] update = new double[matrix.Value.Count];
        for (int i = 0; i < update.Length; i++)
        {
            double share = constants.OneMinusMomentum * (double)constants.GradientScale * matrix.Gradient.Span[i];
            double mean = (constants.Momentum * (double)matrix.Mean.Span[i]) + share;
            matrix.Mean.Span[i] = (float)mean;
            update[i] = (constants.Momentum * mean) + share;
        }

        if (matrix.KeepsValue)
        {
            return;
        }

        update = OptimizerOracle.Orthogonalized(update, matrix.Value.Shape.Columns);
        for (int i = 0; i < update.Length; i++)
        {
            double x = matrix.Value.Span[i];
            matrix.Value.Span[i] = (float)(x - (constants.Shrinkage * x) - (constants.StepSize * update[i]));
        }
    }
}
