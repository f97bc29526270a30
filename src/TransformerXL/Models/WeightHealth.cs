using System.Globalization;
using System.Numerics.Tensors;
using TransformerXL.Tensors.Autodiff;
using Tensor = TransformerXL.Tensors.Memory.Tensor;

namespace TransformerXL.Models;

/// <summary>Finds out why a model computes numbers that are not finite.</summary>
internal static class WeightHealth
{
    /// <summary>Whether all values of a tensor are finite.</summary>
    /// <remarks>The caller keeps the owner of the tensor alive.</remarks>
    public static bool IsFinite(Tensor tensor) =>
        // The largest magnitude is NaN if any value is.
        tensor.IsEmpty || tensor.Count == 0 || float.IsFinite(TensorPrimitives.MaxMagnitude<float>(tensor.Span));

    /// <summary>Whether all values of a parameter are finite; one without memory has none that are not.</summary>
    public static bool IsFinite(Parameter parameter) => parameter.IsBfloat16 ? float.IsFinite(Magnitude(parameter)) : IsFinite(parameter.Value);

    /// <summary>The first parameter with a value that is not finite; null if there is none.</summary>
    public static Parameter? FirstNotFinite(LanguageModel model)
    {
        Parameter? damaged = model.Parameters.FirstOrDefault(parameter => !IsFinite(parameter));
        GC.KeepAlive(model);
        return damaged;
    }

    /// <summary>The end of <see cref="Describe"/> for a model from a file, which a training replaces by its own advice.</summary>
    public const string Advice = "; the checkpoint is damaged, or its training diverged. Use an earlier checkpoint";

    /// <summary>A magnitude that no useful weight has: sums of products of such values soon exceed float32.</summary>
    private const float TooLarge = 1e12f;

    /// <summary>A clause about the first parameter whose values are not finite or too large for float32 arithmetic; null if there is none.</summary>
    /// <remarks>The caller keeps the owner of the parameters alive.</remarks>
    public static string? FindFault(IEnumerable<Parameter> parameters)
    {
        foreach (Parameter parameter in parameters)
        {
            float magnitude = Magnitude(parameter);
            if (!float.IsFinite(magnitude))
            {
                return $"the weight '{parameter.Name}' holds values that are not finite";
            }

            if (magnitude >= TooLarge)
            {
                return string.Create(CultureInfo.InvariantCulture, $"the weight '{parameter.Name}' holds values up to {magnitude:G3}, too large for float32 arithmetic");
            }
        }

        return null;
    }

    /// <summary>A sentence that names the weight at fault.</summary>
    /// <param name="model">The model.</param>
    /// <param name="more">Parameters beside those of the model, such as those of a head.</param>
    public static string Describe(LanguageModel model, IEnumerable<Parameter>? more = null)
    {
        Parameter[] parameters = [.. model.Parameters, .. more ?? []];
        string sentence = parameters.FirstOrDefault(parameter => !float.IsFinite(Magnitude(parameter))) is { } damaged
            ? $"the weight '{damaged.Name}' holds values that are not finite"
            : TooLargeFor(parameters.MaxBy(Magnitude)!);
        GC.KeepAlive(model);
        return sentence;
    }

    private static string TooLargeFor(Parameter largest) => string.Create(
        CultureInfo.InvariantCulture,
        $"the weights are too large for float32 arithmetic, up to {Magnitude(largest):G3} in '{largest.Name}'{Advice}");

    /// <summary>The largest magnitude, NaN if any value is; 0 without values.</summary>
    private static float Magnitude(Parameter parameter)
    {
        float largest = parameter.TakenMagnitude ?? 0;
        if (parameter.TakenMagnitude is null && (parameter.IsBfloat16 || !parameter.Value.IsEmpty))
        {
            foreach (ReadOnlyMemory<float> piece in ModelWeights.Pieces(parameter))
            {
                largest = float.MaxMagnitude(largest, TensorPrimitives.MaxMagnitude(piece.Span));
            }
        }

        return Math.Abs(largest);
    }
}
