namespace PureLora;

/// <summary>What is said of several measurements of one thing.</summary>
static class Sample
{
    /// <summary>The one in the middle; of an even number, the upper of the two.</summary>
    public static double Median(IReadOnlyCollection<double> values) => values.Order().ElementAt(values.Count / 2);
}
