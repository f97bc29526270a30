namespace TransformerXL.Cli.Predictions;

/// <summary>Adds the file and the lines to the error of texts that cannot be predicted.</summary>
/// <param name="name">The file in messages.</param>
internal sealed class PredictionPlaces(string name)
{
    /// <summary>Computes something of items.</summary>
    /// <param name="items">The items, in the order of the file.</param>
    /// <param name="compute">What to compute.</param>
    /// <exception cref="InputException">A text cannot be used; the message names its place, unless a file of the model is at fault.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged; the message names the place.</exception>
    public T At<T>(PredictionItem[] items, Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (NotFiniteException exception)
        {
            throw new NotFiniteException(Named(items, exception), exception);
        }
        catch (InputException exception) when (exception.File is null)
        {
            throw new InputException(Named(items, exception), exception) { Member = exception.Member, Remedies = exception.Remedies };
        }
    }

    private string Named(PredictionItem[] items, Exception exception) => $"'{name}', {PlaceOf(items)}: {exception.Message}";

    /// <summary>The lines of items that were computed together, or the files of a folder of classes.</summary>
    private static string PlaceOf(PredictionItem[] items) => (items[0], items[^1]) switch
    {
        ({ Line: 0 } first, var last) => first.Id == last.Id ? $"{first.Id}" : $"{first.Id} to {last.Id}",
        var (first, last) => first.Line == last.Line ? $"line {first.Line}" : $"lines {first.Line} to {last.Line}",
    };
}
