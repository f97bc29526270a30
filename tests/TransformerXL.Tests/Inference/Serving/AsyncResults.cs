namespace TransformerXL.Tests.Inference.Serving;

/// <summary>Collects results; the framework has such a method from .NET 10 on.</summary>
internal static class AsyncResults
{
    public static async Task<List<T>> CollectAsync<T>(this IAsyncEnumerable<T> results)
    {
        List<T> all = [];
        await foreach (T result in results)
        {
            all.Add(result);
        }

        return all;
    }
}
