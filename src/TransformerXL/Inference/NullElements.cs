namespace TransformerXL.Inference;

/// <summary>Lists that callers give may hold null.</summary>
internal static class NullElements
{
    /// <exception cref="ArgumentException">An element is null, or a part of it that <paramref name="part"/> gives; the message names its place.</exception>
    public static void Refuse<T>(IReadOnlyList<T> elements, Func<T, object?> part, string name)
    {
        for (int i = 0; i < elements.Count; i++)
        {
            if (part(elements[i]) is null)
            {
                throw new ArgumentException($"element {i} of {elements.Count} is null", name);
            }
        }
    }
}
